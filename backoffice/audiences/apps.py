from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AudiencesConfig(AppConfig):
    name = "backoffice.audiences"
    label = "audiences"
    verbose_name = _("Audiences")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backoffice.audiences.criteria.attributes import users_of_attribute
        from backoffice.customers.attributes import register_users

        register_users(users_of_attribute)
