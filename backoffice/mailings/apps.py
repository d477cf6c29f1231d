from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailingsConfig(AppConfig):
    name = "backoffice.mailings"
    label = "mailings"
    verbose_name = _("Mailings")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Wagtail reads log actions when it starts; audiences offer the criteria.
        from backoffice.mailings import audit, criteria  # noqa: F401
