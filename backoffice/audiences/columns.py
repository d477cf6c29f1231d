"""Columns of the list of audiences."""

from typing import Any

from wagtail.admin.ui.tables import Column

from backoffice.audiences.compile import Phrase, rules_phrase, rules_sentence
from backoffice.audiences.models import Audience, UnusableAudienceError


class SentenceColumn(Column):
    """Who they are: one sentence, or an indented list where one sentence would be hard to read."""

    cell_template_name = "audiences/sentence_cell.html"

    class Media:
        css = {"all": ["audiences/audiences.css"]}

    def get_value(self, instance: Audience) -> Any:
        phrase = audience_phrase(instance)
        is_list = phrase.is_nested or not phrase.children
        return phrase if is_list else Phrase(rules_sentence(instance.match, instance.rules))


def audience_phrase(audience: Audience) -> Phrase:
    """Who a saved audience is; for conditions that are not complete, what to do about it."""
    try:
        audience.check_rules()
    except UnusableAudienceError as error:
        return Phrase(str(error))
    return rules_phrase(audience.match, audience.rules)
