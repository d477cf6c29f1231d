"""Differences, steps and problems of a change, in the words and the language of whoever reads them."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kannel.diagnosis import SENTENCES as FAULTS
from kannel.differences import ADDED, BINDS, CHANGED, OURS, REMOVED, REST
from kannel.keys import field_of, shown
from kannel.models import Connection, Gateway

HEADINGS: dict[str, str | Promise] = {
    ADDED: gettext_lazy("%(name)s is new"),
    REMOVED: gettext_lazy("%(name)s is taken out"),
    CHANGED: gettext_lazy("%(name)s changes"),
    OURS: gettext_lazy("%(name)s: only Parley uses this, Kannel does not"),
    REST: gettext_lazy("The gateway itself changes (%(name)s)"),
}
EFFECTS: dict[str, str | Promise] = {
    ADDED: gettext_lazy("It connects. Nothing else is touched."),
    REMOVED: gettext_lazy(
        "Nothing more is routed to it; what waits in its queue goes out first, then it ends."
    ),
    CHANGED: gettext_lazy("It connects again. What the operator has not answered by then may arrive twice."),
    OURS: "",
    REST: gettext_lazy(
        "Kannel reads this only when it starts: all its connections end for a moment and come back."
    ),
}
STEPS: dict[str, str | Promise] = {
    "checking": gettext_lazy("Checking the file, and starting a second Kannel with it for a moment."),
    "edited_by_hand": gettext_lazy("Somebody had edited the file by hand. Those edits are overwritten."),
    "written": gettext_lazy("Put the new file in its place."),
    "not_running": gettext_lazy("The gateway is not running. It will start with this file."),
    "add": gettext_lazy("Asked Kannel to start the new connections."),
    "graceful": gettext_lazy("Asked Kannel to take over the connections of the file."),
    "restart": gettext_lazy("Asked Kannel to start again."),
    "failed": gettext_lazy("That did not work. Taking it back."),
    "put_back": gettext_lazy("Put the previous file back."),
    "ended_done": gettext_lazy("Applied."),
    "ended_refused": gettext_lazy("Refused. Nothing was changed."),
    "ended_restored": gettext_lazy("Everything is as it was before."),
    "ended_failed": gettext_lazy("The previous file is back, but not everything came back with it."),
}
HANGS = gettext_lazy("The gateway does not answer. See whether its Redis is running, then apply again.")
PROBLEMS: dict[str, str | Promise] = {
    "no_answer_GatewayDown": gettext_lazy("The gateway did not come up in time."),
    "no_answer_GatewayHangs": HANGS,
    "no_answer_AccessDenied": gettext_lazy(
        "The gateway refuses our password. Start it again with the passwords of our environment."
    ),
    "no_answer_CommandRefused": gettext_lazy("The gateway refused the command."),
    "not_restarted": gettext_lazy(
        "The gateway did not start again in time. See whether its supervisor starts what ended."
    ),
    "unforeseen": gettext_lazy("Something went wrong that nobody foresaw. The log of the worker says what."),
}


# So many changes are named in the title of all.
TITLED = 3


@dataclass(frozen=True)
class Line:
    """One value that changes, as it is shown."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """One connection or the gateway, as it is shown."""

    heading: str
    effect: str
    lines: list[Line]
    is_new: bool = False


def changes_in_words(changes: list[dict[str, Any]]) -> list[Change]:
    """What `kannel.differences` found, for people."""
    return [
        Change(
            heading=str(HEADINGS[one["what"]]) % {"name": one["name"]},
            effect=_effect(one),
            lines=[line for key in one["keys"] if (line := _line(one, key)) is not None],
            is_new=one["what"] == ADDED,
        )
        for one in changes
    ]


def title_of(changes: list[dict[str, Any]]) -> str:
    """The first few things that change, in a line; empty if nothing is known of them yet."""
    headings = [change.heading for change in changes_in_words(changes)]
    return "; ".join(headings[:TITLED]) + ("; …" if len(headings) > TITLED else "")


def _effect(change: dict[str, Any]) -> str:
    if change["what"] == CHANGED and change["kind"] == Connection.Kind.HTTP:
        return _("Nothing goes over it for some seconds: what waits in its queue goes out first.")
    return str(EFFECTS[change["what"]])


def _line(change: dict[str, Any], key: dict[str, str]) -> Line | None:
    """One value; None for what says nothing: of a new connection everything that is as usual."""
    model = Gateway if change["kind"] == "gateway" else Connection
    is_field = change["what"] == OURS or key["key"] == BINDS
    name = key["key"] if is_field else field_of(change["kind"], key["key"])
    field = next((one for one in model._meta.concrete_fields if one.name == name), None)
    if field is None:
        return None if change["what"] == ADDED else Line(key["key"], key["old"] or "–", key["new"] or "–")
    values = [shown(change["kind"], key["key"], key[which]) for which in ("old", "new")]
    if change["what"] == ADDED and values[1] in _usual(field):
        return None
    choices = {str(value): str(word) for value, word in field.flatchoices}
    choices |= {"yes": _("yes"), "no": _("no")}
    old, new = (choices.get(value, value) or "–" for value in values)
    label = _("Parts a second of each bind") if _is_shared(change, key) else capfirst(str(field.verbose_name))
    return Line(label, old, new)


def _usual(field: Any) -> set[str]:
    """How the usual value of a field stands in kannel.conf."""
    if not field.has_default():
        return {""}
    usual = field.get_default()
    return {"", {True: "yes", False: "no"}[usual] if isinstance(usual, bool) else str(usual)}


def _is_shared(change: dict[str, Any], key: dict[str, str]) -> bool:
    return key["key"] == "throughput" and len(change["binds"]) > 1


def step_in_words(step: dict[str, Any]) -> str:
    """One step of a run."""
    code, values = step["code"], step["values"]
    if code == "draining":
        return _draining(values)
    if code == "remark":
        return _remark(values)
    if code == "not_back":
        return problem_in_words(values["problem"])
    return str(STEPS.get(code, code))


def _draining(values: dict[str, Any]) -> str:
    names, count = ", ".join(values["names"]), values["count"]
    if count is None:
        return _("Nothing more is routed to %(names)s. Waiting until its queue is empty.") % {"names": names}
    return ngettext(
        "Nothing more is routed to %(names)s. %(count)d message waits there still.",
        "Nothing more is routed to %(names)s. %(count)d messages wait there still.",
        count,
    ) % {"names": names, "count": count}


def _remark(values: dict[str, Any]) -> str:
    if values["what"] == "not_running":
        return _("The gateway does not run. Start its bearerbox: it takes this file.")
    return _("Not online, as before or by your wish: %(names)s.") % {"names": ", ".join(values["names"])}


def problem_in_words(problem: dict[str, Any]) -> str:
    """Why a run ended badly, in a sentence. Empty for nothing."""
    if not problem:
        return ""
    code, values = problem["code"], problem["values"]
    if code == "value":
        return _value(values)
    if code == "not_online":
        return _not_online(values)
    if code == "not_drained":
        return _not_drained(values)
    if code == "other_set":
        return _("Kannel did not take over: %(names)s.") % {"names": ", ".join(values["names"])}
    return str(PROBLEMS.get(code, code))


def _value(values: dict[str, Any]) -> str:
    field = next((one for one in Connection._meta.concrete_fields if one.name == values["field"]), None)
    label = str(field.verbose_name) if field else values["field"]
    where = " ".join(word for word in (values["connection"], f"({label})" if label else "") if word)
    return f"{where}: {values['reason']}" if where else str(values["reason"])


def _not_online(values: dict[str, Any]) -> str:
    first = _("%(names)s did not come online.") % {"names": ", ".join(values["names"])}
    fault = FAULTS.get(values.get("fault", ""), "")
    return f"{first} {fault}".strip()


def _not_drained(values: dict[str, Any]) -> str:
    names = ", ".join(values["names"])
    if values["count"] is None:
        return _("Kannel did not say how many messages wait for %(names)s. Nothing was taken out.") % {
            "names": names
        }
    return ngettext(
        "%(count)d message still waits for %(names)s: the operator takes none. Bring that connection up first, or "
        "cancel its messages.",
        "%(count)d messages still wait for %(names)s: the operator takes none. Bring that connection up first, or "
        "cancel its messages.",
        values["count"],
    ) % {"count": values["count"], "names": names}


def problem_of_link(row: Connection) -> str:
    """Why a connection is not up, as far as anybody has found out; empty if it is, or nobody has."""
    return "" if row.status == Connection.Status.ONLINE else str(FAULTS.get(row.fault, ""))


def needs_another_person() -> str:
    """Why somebody cannot apply what they wanted themselves."""
    return _(
        "A connection would lead to another address, and you have worked on that change. Somebody else of the operator "
        "staff has to look at it and apply it."
    )
