from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperatorsConfig(AppConfig):
    name = "backoffice.operators"
    label = "operators"
    verbose_name = _("Operators")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backoffice.operators import alert_ends, checks  # noqa: F401  checks register themselves

        alert_ends.register()
