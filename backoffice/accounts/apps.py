from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "backoffice.accounts"
    label = "accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wagtail.admin.views.account import NameEmailSettingsPanel  # Wagtail's views need the apps

        from backoffice.accounts import access_log, history, sessions
        from backoffice.accounts.forms import OwnNameForm
        from backoffice.lib.moment_fields import use_everywhere  # Wagtail's forms need the apps

        use_everywhere()
        access_log.listen()
        NameEmailSettingsPanel.form_class = OwnNameForm
        history.open_to_who_reads_it()
        history.export_reasons()
        sessions.listen()
