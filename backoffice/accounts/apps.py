from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "backoffice.accounts"
    label = "accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backoffice.accounts import access_log, sessions
        from backoffice.lib.moment_fields import use_everywhere  # Wagtail's forms need the apps

        use_everywhere()
        access_log.listen()
        sessions.listen()
