from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KannelConfig(AppConfig):
    name = "kannel"
    label = "kannel"
    verbose_name = _("Kannel")
    default_auto_field = "django.db.models.BigAutoField"
