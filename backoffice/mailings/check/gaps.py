"""Texts of a plan that have a gap, because a value is not known and the text says nothing for that case."""

from datetime import datetime

from django.core.cache import cache
from django.db import connection
from django.utils.text import Truncator
from django.utils.translation import ngettext

from backoffice.lib.numbers import grouped
from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.models import Mailing
from backoffice.mailings.querysets import id_range
from backoffice.mailings.trial_texts import facts_of_mailing
from backoffice.message_templates.merge import compile_gaps, gaps_of, problems, render
from backoffice.message_templates.samples import SAMPLES

COUNT = """
SELECT count(*) FROM mailings_message m JOIN customers_customer c ON c.id = m.customer_id
WHERE m.mailing_id = %s AND m.id BETWEEN %s AND %s AND m.state NOT IN ('excluded', 'held_out')
    AND coalesce(m.template_id, %s) = %s AND {gaps} > 0
"""
SHOWN_CHARACTERS = 60
KEPT_SECONDS = 7 * 24 * 3600


def gaps_of_plan(mailing: Mailing) -> int:
    """How many recipients of a plan get a text with a gap; counted once for each plan."""
    if mailing.planned_at is None:
        return 0
    key = f"parley:gaps:{mailing.pk}:{mailing.planned_at.timestamp()}:{mailing.plan_digest}"
    found: int | None = cache.get(key)
    if found is None:
        found = _counted(mailing, mailing.planned_at)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _counted(mailing: Mailing, planned_at: datetime) -> int:
    """Asks nothing for texts that can have no gap."""
    facts, found = facts_of_mailing(mailing), 0
    for one in texts_of(mailing):
        variants = {code: words for code, words in one.template.variants().items() if not problems(words)}
        if not any(map(gaps_of, variants.values())):
            continue
        gaps, values = compile_gaps(variants, facts=facts)
        ids = [mailing.pk, *id_range(planned_at), mailing.template_id, one.template.pk]
        with connection.cursor() as cursor:
            cursor.execute(COUNT.format(gaps=gaps), [*ids, *values])
            found += cursor.fetchone()[0]
    return found


def gaps_words(mailing: Mailing, recipients: int) -> str:
    """How many get a gap, where, and how the text then reads."""
    fields: dict[str, str] = {}
    example = ""
    for one in texts_of(mailing):
        for words in one.template.variants().values():
            for merged in [] if problems(words) else gaps_of(words):
                fields[merged.field.name] = str(merged.field.label)
                example = example or _example(words, mailing)
    return ngettext(
        "%(count)s recipient gets a text with a gap, because a value is not known (%(fields)s): “%(example)s”.",
        "%(count)s recipients get a text with a gap, because a value is not known (%(fields)s): “%(example)s”.",
        recipients,
    ) % {"count": grouped(recipients), "fields": ", ".join(fields.values()), "example": example}


def _example(words: str, mailing: Mailing) -> str:
    nobody = SAMPLES["empty"]
    text = render(words, nobody.customer, facts_of_mailing(mailing), nobody.actions)
    return Truncator(text.strip()).chars(SHOWN_CHARACTERS)
