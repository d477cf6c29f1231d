"""Telling operator staff how a connection stands."""

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.said import Sentence
from backoffice.mailings import stranded
from kannel.models import Connection


def tell_left(via: Connection, reason: str, *, by_person: bool = False) -> None:
    """One alarm until it works again. What a person left stays so until a person uses it again."""
    words = {"name": via.name, "operator": via.operator.name, "reason": reason}

    def said() -> str:
        sentence = _(
            "%(operator)s was left (%(name)s). %(reason)s Its messages go another way where the limits of their mailings allow. "
            "Ask the operator; it is tried again by itself."
        )
        if by_person:
            sentence = _(
                "%(operator)s was left (%(name)s). %(reason)s Its messages go another way where the limits of their mailings allow. "
                "It stays so until somebody uses it again under “How operators do”."
            )
        return sentence % words

    _tell(via, Alert.Level.ALARM, said)


def tell_braked(via: Connection, reason: str) -> None:
    """A warning: it gets few messages until they arrive."""
    words = {"name": via.name, "operator": via.operator.name, "reason": reason}
    _tell(
        via,
        Alert.Level.WARNING,
        lambda: _("%(operator)s gets only few messages now (%(name)s). %(reason)s Ask the operator.") % words,
    )


def tell_well(via: Connection) -> None:
    """It works again: nothing to do any more."""
    close_alert(_cause(via))
    stranded.tell_free(via)


def _tell(via: Connection, level: Alert.Level, sentence: Sentence) -> None:
    raise_alert(_cause(via), level, sentence, link=reverse("standing:index"), groups=[OPERATOR_STAFF])


def _cause(via: Connection) -> str:
    return f"standing:{via.name}"
