from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RepliesConfig(AppConfig):
    name = "backoffice.replies"
    label = "replies"
    verbose_name = _("Replies")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backoffice.mailings.story import register_answers
        from backoffice.replies import criteria  # noqa: F401  audiences offer them
        from backoffice.replies.answers import answers_of

        register_answers(answers_of)
