"""Being on a list, and being in another audience."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q
from django.forms import CheckboxSelectMultiple
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MEMBERSHIP, Criterion
from backoffice.lib.per_request import read_once

ON_LIST, IN_AUDIENCE = "on_list", "in_audience"
_edited: ContextVar[int | None] = ContextVar("edited_audience", default=None)


@contextmanager
def editing(audience_id: int | None) -> Iterator[None]:
    """While the conditions of this audience are checked, it is no choice for itself, however long the way round."""
    token = _edited.set(audience_id)
    try:
        yield
    finally:
        _edited.reset(token)


@read_once
def list_names() -> dict[str, str]:
    """The name of every list by its number."""
    lists = apps.get_model("audiences", "CustomerList")._default_manager.order_by("name")
    return {str(pk): name for pk, name in lists.values_list("pk", "name")}


@read_once
def audience_names() -> dict[str, str]:
    """The name of every audience by its number."""
    audiences = apps.get_model("audiences", "Audience")._default_manager.order_by("name")
    return {str(pk): name for pk, name in audiences.values_list("pk", "name")}


@read_once
def archived_lists() -> set[str]:
    """The numbers of the lists that are in the archive."""
    return _archived("CustomerList")


@read_once
def archived_audiences() -> set[str]:
    """The numbers of the audiences that are in the archive."""
    return _archived("Audience")


def _archived(model: str) -> set[str]:
    kept = apps.get_model("audiences", model)._default_manager.filter(is_archived=True)
    return set(map(str, kept.values_list("pk", flat=True)))


def choices_of(names: dict[str, str], in_archive: set[str]) -> list[tuple[str, str]]:
    """What a condition may name. What is in the archive stands last and says so: conditions of before may name it."""
    found = [(pk, name) for pk, name in names.items() if pk not in in_archive]
    return found + [(pk, f"{name} ({_('in the archive')})") for pk, name in names.items() if pk in in_archive]


@read_once
def _audiences() -> dict[str, Any]:
    """Every audience by its number: there are hundreds, and each may lead to others."""
    return {
        str(one.pk): one for one in apps.get_model("audiences", "Audience")._default_manager.order_by("name")
    }


class OnList(Criterion):
    criterion = ON_LIST
    is_or_not = blocks.ChoiceBlock(
        choices=[("in", gettext_lazy("is on one of")), ("not", gettext_lazy("is on none of"))],
        default="in",
        label=gettext_lazy("how"),
    )
    lists = blocks.MultipleChoiceBlock(
        choices=lambda: choices_of(list_names(), archived_lists()),
        required=False,
        label=gettext_lazy("the lists"),
        widget=CheckboxSelectMultiple(),
    )

    class Meta:
        label = gettext_lazy("On a list")
        label_format = "{label}: {is_or_not}"
        icon = "list-ul"
        group = MEMBERSHIP

    def errors(self, value: Any) -> dict[str, str]:
        if not value["lists"]:
            return {"lists": _("Choose at least one list.")}
        return {}

    def to_q(self, value: Any) -> Q:
        members = apps.get_model("audiences", "ListMember")._default_manager
        chosen = members.filter(
            customer=OuterRef("pk"), customer_list_id__in=[int(pk) for pk in value["lists"]]
        )
        q = Q(Exists(chosen))
        return ~q if value["is_or_not"] == "not" else q

    def sentence(self, value: Any) -> str:
        words = _("they are on none of the lists %(names)s")
        if value["is_or_not"] == "in":
            words = _("they are on the list %(names)s")
        elif len(value["lists"]) == 1:
            words = _("they are not on the list %(names)s")
        return words % {"names": get_text_list([_quoted(list_names(), pk) for pk in value["lists"]], _("or"))}

    def answer(self, value: Any, customer: Any) -> str:
        members = apps.get_model("audiences", "ListMember")._default_manager
        found = members.filter(customer=customer, customer_list_id__in=[int(pk) for pk in value["lists"]])
        on = [_quoted(list_names(), str(pk)) for pk in found.values_list("customer_list_id", flat=True)]
        if not on:
            return _("on none of them")
        return _("on %(names)s") % {"names": get_text_list(sorted(on), _("and"))}


class InAudience(Criterion):
    criterion = IN_AUDIENCE
    is_or_not = blocks.ChoiceBlock(
        choices=[("in", gettext_lazy("is in")), ("not", gettext_lazy("is not in"))],
        default="in",
        label=gettext_lazy("how"),
    )
    audience = blocks.ChoiceBlock(
        choices=lambda: choices_of(audience_names(), archived_audiences()),
        required=False,
        label=gettext_lazy("the audience"),
    )

    class Meta:
        label = gettext_lazy("In another audience")
        label_format = "{label}: {is_or_not} {audience}"
        icon = "group"
        group = MEMBERSHIP

    def errors(self, value: Any) -> dict[str, str]:
        chosen = value["audience"]
        if not chosen:
            return {"audience": _("Choose an audience.")}
        if circle := _circle(str(chosen)):
            return {"audience": circle}
        try:
            _audiences()[str(chosen)].check_rules()
        except ValueError as error:
            return {"audience": str(error)}
        return {}

    def to_q(self, value: Any) -> Q:
        # What compiles conditions imports them, so it cannot be imported above.
        from backoffice.audiences.compile import rules_to_q

        audience = _audiences()[str(value["audience"])]
        q = rules_to_q(audience.match, audience.rules)
        return ~q if value["is_or_not"] == "not" else q

    def sentence(self, value: Any) -> str:
        words = _("they are in the audience %(name)s")
        if value["is_or_not"] == "not":
            words = _("they are not in the audience %(name)s")
        return words % {"name": _quoted(audience_names(), str(value["audience"]))}

    def answer(self, value: Any, customer: Any) -> str:
        fits = _audiences()[str(value["audience"])].customers().filter(pk=customer.pk).exists()
        return _("in it") if fits else _("not in it")


def _quoted(names: dict[str, str], pk: str) -> str:
    return f"“{names.get(str(pk), _('deleted'))}”"


def chosen_in(rules: Iterable[Any], criterion: str, name: str) -> set[str]:
    """What the conditions of one kind choose, at any depth, from the rules as they are stored."""
    found: set[str] = set()
    for rule in rules:
        value = rule.get("value") or {}
        if rule.get("type") == criterion:
            chosen = value.get(name) or []
            found.update(map(str, chosen if isinstance(chosen, list) else [chosen]))
        elif isinstance(value.get("rules"), list):
            found |= chosen_in(value["rules"], criterion, name)
    return found


def audiences_in(audience: Any) -> set[str]:
    """The numbers of the audiences that one names in its conditions."""
    return chosen_in(stored(audience), IN_AUDIENCE, "audience")


def lists_in(audience: Any) -> set[str]:
    """The numbers of the lists that an audience names in its conditions."""
    return chosen_in(stored(audience), ON_LIST, "lists")


def stored(audience: Any) -> list[Any]:
    """The conditions of an audience as they are stored, with no block made of them."""
    return list(audience.rules.raw_data)


def _circle(chosen: str) -> str:
    """What is wrong if the way from an audience through its conditions comes back; empty if it does not."""
    edited = str(_edited.get() or "")
    if chosen == edited:
        return _("An audience cannot be a condition of itself. Choose another one.")
    if not _leads_back(chosen, {chosen, edited}, set()):
        return ""
    return _(
        "The audience “%(name)s” leads back here through its own conditions. Choose another one, or change that one."
    ) % {"name": audience_names().get(chosen, chosen)}


def _leads_back(name: str, way: set[str], harmless: set[str]) -> bool:
    """Whether some audience stands twice on a way from here. ``harmless`` remembers those that lead nowhere."""
    every = _audiences()
    for inner in audiences_in(every[name]) if name in every else ():
        if inner in way:
            return True
        if inner not in harmless and _leads_back(inner, way | {inner}, harmless):
            return True
    harmless.add(name)
    return False


def within(audience: Any) -> dict[str, Any]:
    """The audiences that one leads to through its conditions, at any distance, by their numbers."""
    found: dict[str, Any] = {}
    way = [audience]
    while way:
        # Most lead to none, and then the others are not read.
        if named := audiences_in(way.pop()):
            every = _audiences()
            new = [number for number in sorted(named) if number in every and number not in found]
            found |= {number: every[number] for number in new}
            way += [every[number] for number in new]
    return found


def users_of(criteria: Iterable[str], name: str, chosen: str, *, with_archive: bool = True) -> list[str]:
    """The names of the audiences one of whose conditions, of these kinds, chooses this in its input of that name."""
    kinds = list(criteria)
    return [
        one.name
        for one in _audiences().values()
        if (with_archive or not one.is_archived)
        and any(chosen in chosen_in(stored(one), kind, name) for kind in kinds)
    ]


def users_of_list(list_id: int, *, with_archive: bool = True) -> list[str]:
    """The names of the audiences that name a list in a condition."""
    return users_of([ON_LIST], "lists", str(list_id), with_archive=with_archive)


def users_of_audience(audience_id: int, *, with_archive: bool = True) -> list[str]:
    """The names of the audiences that name another one in a condition."""
    return users_of([IN_AUDIENCE], "audience", str(audience_id), with_archive=with_archive)


def users_of_lists() -> dict[int, list[str]]:
    """For every list that is used: the names of the audiences that do, in one query."""
    users: dict[int, list[str]] = {}
    for one in _audiences().values():
        for pk in lists_in(one):
            users.setdefault(int(pk), []).append(one.name)
    return users
