from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailingsConfig(AppConfig):
    name = "backoffice.mailings"
    label = "mailings"
    verbose_name = _("Mailings")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backoffice.audiences import everyone
        from backoffice.audiences.uses import register_uses

        # Wagtail reads log actions when it starts; audiences offer the criteria.
        from backoffice.mailings import alert_ends, audit, checks, criteria, reach, text_reach  # noqa: F401
        from backoffice.mailings.rules import rules_for
        from backoffice.mailings.uses import mailings_by_text, mailings_of, mailings_with_text
        from backoffice.mailings.waiting import waiting_for
        from backoffice.message_templates import crowd
        from backoffice.message_templates import uses as text_uses
        from backoffice.operators.connections.waiting import register_waiting

        alert_ends.register()
        register_waiting(waiting_for)
        everyone.register_rules(rules_for)
        everyone.register_prices(reach.prices)
        register_uses(mailings_of)
        crowd.register(text_reach.ForTexts())
        text_uses.register_uses(mailings_with_text, mailings_by_text)
