"""What the screens of a rehearsal say, in sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.customers.disguise import disguised
from backoffice.lib.durations import in_words
from backoffice.lib.numbers import grouped
from backoffice.mailings.models import Mailing, Message, Rehearsal
from backoffice.mailings.rehearsal.size import Size
from backoffice.mailings.rehearsal_models import Fault
from kannel.models import Connection, Gateway

# A process says once a second how far it is; one that is silent for so long is in trouble.
SILENT = timedelta(seconds=20)
State = Rehearsal.State


def about(seconds: float) -> str:
    """A duration that is only estimated: no more exact than anybody can know."""
    if 600 <= seconds < 3600:
        return _("%(minutes)d min") % {"minutes": round(seconds / 60)}
    step = 60 if seconds >= 600 else 10 if seconds >= 20 else 1
    return in_words(timedelta(seconds=round(seconds / step) * step))


# Before it


def effect(size: Size) -> str:
    """What it does, and how long it takes."""
    words = {"count": grouped(size.messages), "time": about(size.seconds())}
    if size.is_long:
        return (
            _(
                "No customer gets anything. Messages go to simulated operators at the speed of the real ones. "
                "All %(count)s would take about %(time)s, so a sample is offered as well."
            )
            % words
        )
    return (
        ngettext(
            "No customer gets anything. %(count)s message goes to simulated operators at the speed of the real ones, "
            "which takes about %(time)s.",
            "No customer gets anything. %(count)s messages go to simulated operators at the speed of the real ones, "
            "which takes about %(time)s.",
            size.messages,
        )
        % words
    )


def not_rehearsed(connections: Iterable[Connection]) -> list[str]:
    """What simulated operators cannot show: by connection, then what no rehearsal shows."""
    return [
        *(sentence for one in connections for sentence in _of_connection(one)),
        _(
            "Whether the customers' numbers are right: the numbers here are invented. Each begins as the customer's does and "
            "is nobody's."
        ),
        _("Consent, hours and the budget: they are looked at again when the mailing is sent."),
    ]


def _of_connection(one: Connection) -> Iterator[str]:
    words = {"connection": one.name, "operator": one.operator.name}
    if one.kind == Connection.Kind.HTTP:
        yield (
            _(
                "%(operator)s (%(connection)s): the simulated operator answers in words of its own. Whether the answers of "
                "the real one are understood is not rehearsed."
            )
            % words
        )
    if one.adapter is not None:
        words["played"] = str(one.adapter.get_played_by_display())
        yield (
            _(
                "%(operator)s (%(connection)s): its adapter talks to a simulated operator, %(played)s. Such operators count "
                "parts themselves, so here they are counted from the text that arrived."
            )
            % words
        )
    if one.use_tls:
        yield _("%(operator)s (%(connection)s): encryption is not rehearsed.") % words
    if one.gateway.transport == Gateway.Transport.SENDSMS:
        yield _("%(connection)s: the way to Kannel over HTTP (sendsms) is not rehearsed.") % words


# While it goes on


@dataclass(frozen=True)
class Progress:
    """How far a rehearsal is."""

    sentence: str
    done: int
    of: int
    is_silent: bool

    @property
    def tenths_percent(self) -> int:
        return 100 * self.done // self.of // 10 * 10 if self.of else 0


def progress_of(rehearsal: Rehearsal, others: int) -> Progress:
    """How far it is; ``others`` come before it."""
    of = rehearsal.messages
    if rehearsal.state == State.WAITING:
        sentence = (
            ngettext(
                "Waiting for its turn: %(count)d other rehearsal comes first.",
                "Waiting for its turn: %(count)d other rehearsals come first.",
                others,
            )
            % {"count": others}
            if others
            else _("Waiting for its turn. It begins by itself within a minute.")
        )
        return Progress(sentence, 0, 0, is_silent=False)
    if not rehearsal.handed_over:
        sentence = _("The simulated operators are being started.")
    else:
        words = {"taken": grouped(rehearsal.taken), "all": grouped(of), "left": _left(rehearsal)}
        sentence = _("%(taken)s of %(all)s messages have arrived. %(left)s") % words
    if rehearsal.wants_stop:
        sentence = _("It is being stopped.")
    heard_at = rehearsal.heard_at or rehearsal.asked_at
    return Progress(sentence, rehearsal.taken, of, is_silent=timezone.now() - heard_at > SILENT)


def _left(rehearsal: Rehearsal) -> str:
    """How long it still takes, by how fast it went."""
    if rehearsal.started_at is None or rehearsal.heard_at is None or not rehearsal.taken:
        return ""
    seconds = (rehearsal.heard_at - rehearsal.started_at).total_seconds()
    left = seconds * (rehearsal.messages - rehearsal.taken) / rehearsal.taken
    return _("About %(time)s left.") % {"time": about(left)} if left >= 1 else ""


# After it


def outcome(rehearsal: Rehearsal) -> str:
    """The result in one sentence."""
    words = {
        "count": grouped(rehearsal.messages),
        "different": grouped(rehearsal.different),
        "taken": grouped(rehearsal.taken),
    }
    if rehearsal.state == State.STOPPED:
        return (
            ngettext(
                "Stopped after %(taken)s message. No customer got anything.",
                "Stopped after %(taken)s messages. No customer got anything.",
                rehearsal.taken,
            )
            % words
        )
    if rehearsal.state == State.FAILED:
        return _("It was not rehearsed to its end.")
    if rehearsal.is_as_planned:
        return (
            ngettext(
                "%(count)s message arrived as planned, byte for byte.",
                "All %(count)s messages arrived as planned, byte for byte.",
                rehearsal.messages,
            )
            % words
        )
    return (
        _("%(different)s of %(count)s messages differ from the plan. Do not send it before you know why.")
        % words
    )


def short_outcome(rehearsal: Rehearsal) -> str:
    """The result in a few words, for a list."""
    if rehearsal.state != State.DONE:
        return str(rehearsal.get_state_display())
    if rehearsal.is_as_planned:
        return _("as planned")
    words = {"different": grouped(rehearsal.different), "all": grouped(rehearsal.messages)}
    return _("%(different)s of %(all)s differ") % words


def look_of(rehearsal: Rehearsal) -> str:
    """How its state is drawn."""
    if rehearsal.is_live:
        return "moving" if rehearsal.state == State.RUNNING else "waiting"
    if rehearsal.state == State.STOPPED:
        return "hollow"
    return "good" if rehearsal.is_as_planned else "bad"


def after_words(rehearsal: Rehearsal, mailing: Mailing) -> list[str]:
    """What else has to be known of a result."""
    found = []
    if rehearsal.is_sample:
        words = {"count": grouped(rehearsal.messages), "all": grouped(rehearsal.planned)}
        found.append(_("This was a sample: %(count)s of %(all)s messages, drawn evenly.") % words)
    if rehearsal.state == State.DONE:
        found += _bill_and_receipts(rehearsal, mailing)
    if rehearsal.plan_digest != mailing.plan_digest:
        found.append(
            _("The mailing was planned anew since. This result says nothing about the present plan.")
        )
    return found


def _bill_and_receipts(rehearsal: Rehearsal, mailing: Mailing) -> Iterator[str]:
    words = {
        "cost": grouped(rehearsal.cost, 2),
        "expected": grouped(rehearsal.expected_cost, 2),
        "currency": mailing.currency,
        "parts": grouped(rehearsal.parts),
        "delivered": grouped(rehearsal.delivered),
        "taken": grouped(rehearsal.taken),
    }
    if rehearsal.cost != rehearsal.expected_cost:
        yield _("The bill came to %(cost)s instead of %(expected)s %(currency)s.") % words
    else:
        yield (
            ngettext(
                "The bill is as planned: %(parts)s part for %(cost)s %(currency)s.",
                "The bill is as planned: %(parts)s parts for %(cost)s %(currency)s.",
                rehearsal.parts,
            )
            % words
        )
    if rehearsal.delivered == rehearsal.taken:
        yield _("Every delivery receipt found its message.")
    else:
        yield (
            _("%(delivered)s of %(taken)s delivery receipts found their message. Ask the operator staff.")
            % words
        )
    if rehearsal.started_at and rehearsal.finished_at:
        yield _("It took %(time)s.") % {"time": in_words(rehearsal.finished_at - rehearsal.started_at)}


def faults_of(rehearsal: Rehearsal) -> list[tuple[str, int]]:
    """Kinds of differences with the number of messages, in the order of Fault."""
    return [(str(kind.label), rehearsal.faults[kind]) for kind in Fault if rehearsal.faults.get(kind)]


@dataclass(frozen=True)
class ShownExample:
    """One message that differed: how, and its text as the plan has it (empty if it is in no plan any more)."""

    sentence: str
    text: str


def examples_of(rehearsal: Rehearsal) -> list[ShownExample]:
    """The first ones of each kind. Texts are read from the plan, with names disguised; the rehearsal keeps none."""
    ids = [example["message_id"] for example in rehearsal.examples]
    found = Message.objects.filter(pk__in=ids).select_related("customer")
    texts = {one.pk: disguised(one.text, one.customer) for one in found}
    return [
        ShownExample(example_words(example), texts.get(example["message_id"], ""))
        for example in rehearsal.examples
    ]


def example_words(example: dict[str, str | int]) -> str:
    """How one message differed."""
    kind = Fault(str(example["fault"]))
    if kind == Fault.TEXT:
        sentence = _("Another text: character %(place)s is %(planned)s in the plan, %(arrived)s arrived.")
        nothing = _("nothing")
        ends = {name: _character(str(example[name])) or nothing for name in ("planned", "arrived")}
        return sentence % {"place": example["place"], **ends}
    sentences = {
        Fault.CODING: _("Another coding: %(planned)s in the plan, %(arrived)s arrived."),
        Fault.PARTS: _("Another number of parts: %(planned)s in the plan, %(arrived)s arrived."),
        Fault.SENDER: _("Another sender: %(planned)s in the plan, %(arrived)s arrived."),
        Fault.COST: _("Another price: %(planned)s in the plan, %(arrived)s by the parts that arrived."),
        Fault.WAY: _("It arrived at another operator than the plan says."),
        Fault.DOUBLED: _("It arrived more than once."),
        Fault.STRANGER: _("A message arrived that is not in the plan."),
        Fault.REFUSED: _("It was refused."),
        Fault.LOST: _("It never arrived."),
    }
    return sentences[kind] % example


def _character(code: str) -> str:
    """A character as people know it, with its code; the code alone of one that nobody sees."""
    if not code:
        return ""
    sign = chr(int(code.removeprefix("U+"), 16))
    return f"“{sign}” ({code})" if sign.isprintable() and not sign.isspace() else code


@dataclass(frozen=True)
class LineRow:
    """One line of the table by connection."""

    operator: str
    connection: str
    messages: int
    planned: int
    parts: int
    cost: Decimal
    per_second: float
    allowed_per_second: int

    @classmethod
    def of(cls, line: dict[str, str | int | float]) -> "LineRow":
        return cls(
            operator=str(line["operator"]),
            connection=str(line["connection"]),
            messages=int(line["messages"]),
            planned=int(line["planned"]),
            parts=int(line["parts"]),
            cost=Decimal(str(line["cost"])),
            per_second=float(line["per_second"]),
            allowed_per_second=int(line["allowed_per_second"]),
        )
