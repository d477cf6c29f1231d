"""What is said of a text or an audience where one is chosen for a mailing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils.text import get_text_list
from django.utils.timesince import timesince
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience, UnusableAudienceError
from backoffice.lib.moments import company_day
from backoffice.mailings.audience_size import Count, count_now, last_counts, too_many
from backoffice.message_templates.example import Example, example_of, parts_of
from backoffice.message_templates.models import MessageTemplate
from backoffice.message_templates.typed import SEES_PEOPLE

SENTENCE_SECONDS = 300


@dataclass(frozen=True)
class Choice:
    """One of a list: its name, what it says, and some facts in a few words each."""

    pk: int
    name: str
    words: str
    facts: Sequence[str]


@dataclass(frozen=True)
class ChosenText:
    """The text of a mailing as the form shows it. ``warning`` is a sentence where a new mailing could not choose it."""

    facts: Sequence[str]
    example: Example | None
    warning: str = ""


@dataclass(frozen=True)
class ChosenAudience:
    """The audience of a mailing as the form shows it; ``size`` is empty where its conditions are not complete."""

    sentence: str
    size: str


def listed_texts(texts: Iterable[MessageTemplate]) -> list[Choice]:
    return [Choice(one.pk, one.name, one.beginning, _facts(one)) for one in texts]


def chosen_text(text: MessageTemplate, reader: User) -> ChosenText:
    warning = ""
    if text.is_archived:
        warning = _("This text is in the archive: only mailings that have it keep it.")
    elif not text.live:
        warning = _("This text is not published any more: only mailings that have it keep it.")
    example = example_of(text, with_real=reader.has_perm(SEES_PEOPLE))
    return ChosenText(_facts(text), example, warning)


def listed_audiences(audiences: Sequence[Audience]) -> list[Choice]:
    counts, sentences = last_counts(audiences), _sentences(audiences)
    return [Choice(one.pk, one.name, sentences[one.pk], [_counted(counts.get(one.pk))]) for one in audiences]


def chosen_audience(audience: Audience) -> ChosenAudience:
    try:
        count = count_now(audience) or last_counts([audience]).get(audience.pk)
    except UnusableAudienceError as error:
        return ChosenAudience(str(error), "")
    return ChosenAudience(audience.sentence(), _counted(count) if count else too_many())


def audiences_with(words: Sequence[str], audiences: Iterable[Audience]) -> list[int]:
    """The ids of those whose name, description and sentence have all these words between them."""
    rows = list(audiences)
    sentences = _sentences(rows)
    said = {one.pk: f"{one.name} {one.description} {sentences[one.pk]}".casefold() for one in rows}
    return [pk for pk, text in said.items() if all(word.casefold() in text for word in words)]


def _facts(text: MessageTemplate) -> list[str]:
    languages = [str(one) for one in text.language_variants.all()]
    least, most = parts_of(text)
    parts = ngettext("%(parts)s part", "%(parts)s parts", most) % {"parts": most}
    if least < most:
        parts = _("%(least)s to %(most)s parts") % {"least": least, "most": most}
    also = _("also in %(languages)s") % {"languages": get_text_list(languages, _("and"))}
    found = [text.get_purpose_display(), also if languages else "", parts if most else "", _age(text)]
    return [one for one in found if one]


def _age(text: MessageTemplate) -> str:
    moment = text.last_published_at or text.created_at
    if company_day(moment) == company_day():
        return _("published today")
    return _("published %(time)s ago") % {"time": _since(moment)}


def _counted(count: Count | None) -> str:
    if count is None:
        return _("not counted yet")
    if count.is_fresh:
        return _("%(customers)s, counted just now") % {"customers": count.words}
    ago = _since(count.counted_at)
    return _("%(customers)s, counted %(time)s ago") % {"customers": count.words, "time": ago}


def _since(moment: datetime) -> str:
    return str(timesince(moment, depth=1))


def _sentences(audiences: Sequence[Audience]) -> dict[int, str]:
    """Who each of them is, by its id; up to SENTENCE_SECONDS old, for a search reads those of all."""
    keys = {
        one.pk: f"parley:audience-sentence:{one.pk}:{one.latest_revision_id}:{get_language()}"
        for one in audiences
    }
    known: dict[str, Any] = cache.get_many(keys.values())
    new = {keys[one.pk]: one.sentence() for one in audiences if keys[one.pk] not in known}
    cache.set_many(new, SENTENCE_SECONDS)
    known |= new
    return {pk: str(known[key]) for pk, key in keys.items()}
