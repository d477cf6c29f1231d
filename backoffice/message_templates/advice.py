"""What could be better about a text that is right: said in a sentence, with one click that mends it where that is possible."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from backoffice.customers.models import Purpose
from backoffice.message_templates.merge import fields_of

# Addresses at which anybody can shorten a link; operators block messages with them, because fraud uses them.
SHORTENERS = frozenset(
    "bit.ly bitly.com goo.gl t.co tinyurl.com clck.ru vk.cc is.gd ow.ly cutt.ly u.to rebrand.ly shorturl.at rb.gy"
    " t.ly qps.ru surl.li tiny.cc buff.ly s.id clc.to goo.su".split()
)
_LINK = re.compile(
    r"(?<![\w@.])(?P<scheme>https?://)?(?P<host>[\w-]+(?:\.[\w-]+)+)(?P<rest>[/?#][^\s|\"]*)?", re.I
)
_OPT_OUT = re.compile(
    r"\b(stop|стоп|opt[ -]?out|unsubscribe|отказ\w*|отпис\w*|отключ\w*|відмов\w*|відпис\w*)\b", re.IGNORECASE
)
LAST_DAY = "mailing.ends_on"


@dataclass(frozen=True)
class Advice:
    """``instead`` is the whole text after the change that ``button`` offers; both empty where a person has to think."""

    sentence: str
    button: str = ""
    instead: str = ""


def advice_for(text: str, purpose: str) -> list[Advice]:
    """What there is to say about the words of a text that can be merged."""
    return [*_about_links(text), *_about_opting_out(text, purpose)]


def _about_links(text: str) -> Iterator[Advice]:
    for found in _LINK.finditer(text):
        host, scheme = found["host"].lower().removeprefix("www."), (found["scheme"] or "").lower()
        if host in SHORTENERS:
            yield Advice(
                _(
                    "Operators block messages with shortened links like %(link)s, and customers do not trust them. "
                    "Write the address of your own site."
                )
                % {"link": found["host"]}
            )
        elif scheme == "http://":
            start, end = found.span("scheme")
            yield Advice(
                _("The link to %(host)s is not encrypted (http).") % {"host": found["host"]},
                _("Write https"),
                text[:start] + "https://" + text[end:],
            )


def _about_opting_out(text: str, purpose: str) -> Iterator[Advice]:
    """No line is offered: answers are kept and shown, but nothing acts on a “STOP” by itself."""
    if purpose == Purpose.MARKETING and text.strip() and not _OPT_OUT.search(text):
        yield Advice(_("Offers have to say how one refuses them. Nothing in this text does."))


def last_day_advice(text: str) -> Iterator[Advice]:
    """What {mailing.ends_on} is, where a text that can be merged has it."""
    if LAST_DAY in fields_of(text):
        yield Advice(
            _(
                "{mailing.ends_on} is the last day on which this mailing is sent. If you mean the last day of an offer, "
                "write its date."
            )
        )
