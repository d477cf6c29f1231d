"""Which addresses there are, and who may open them: whatever is not named here is closed to everybody.

The right that is named here is what a person has to have before anything is looked up; what more a page asks for, such as
being somebody else than the author, it asks by itself. Wagtail brings some two hundred addresses for web sites that nobody
here has: those stay unnamed. `tests/accounts/addresses.txt` says the same by role.
"""

from collections.abc import Callable, Mapping
from typing import Final

from django.urls import ResolverMatch

Rights = tuple[str, ...]

# No login is asked for.
TO_ANYBODY: Final = frozenset(
    {
        "health",
        "metrics",  # asks for METRICS_TOKEN
        "wagtailadmin_login",
        "wagtailadmin_logout",
        "wagtailadmin_password_reset",
        "wagtailadmin_password_reset_done",
        "wagtailadmin_password_reset_confirm",
        "wagtailadmin_password_reset_complete",
        "wagtailadmin_sprite",
        "wagtailadmin_javascript_catalog",
    }
)
ACCESS = ("wagtailadmin.access_admin",)
BULK = "wagtail_bulk_action"
_READING = (
    "index",
    "index_results",
    "list",
    "list_results",
    "inspect",
    "history",
    "history_results",
    "usage",
)
_WRITING = {"add": "add", "copy": "add", "edit": "change", "delete": "delete"}


def _any(label: str, model: str, *verbs: str) -> Rights:
    return tuple(f"{label}.{verb}_{model}" for verb in verbs)


def _all_of(room: str, label: str, model: str) -> dict[str, Rights]:
    """The pages with which Wagtail lists, makes, changes and deletes the rows of a model."""
    see = _any(label, model, "view", "add", "change", "delete")
    return {
        **{f"{room}:{name}": see for name in _READING},
        **{f"{room}:{name}": _any(label, model, verb) for name, verb in _WRITING.items()},
    }


_COUNTS = _any("audiences", "audience", "view", "add", "change")
_TEXTS = _any("message_templates", "messagetemplate", "view", "add", "change")
_MAILINGS = _any("mailings", "mailing", "view")
_LISTS = _any("audiences", "customerlist", "view")
_CHANGES_LISTS = (*_any("audiences", "customerlist", "add", "change"), "audiences.change_exclusion")
_MAKES_MAILINGS = _any("mailings", "mailing", "add", "change")

# By the name of an address, or `room:*` for what else a room has: any one of these rights is enough. Some take two together.
NEEDS: Final[Mapping[str, Rights]] = {
    "wagtailadmin_home": ACCESS,
    "parley_home_part": ACCESS,
    "wagtailadmin_account": ACCESS,
    "wagtailadmin_dismissibles": ACCESS,
    "wagtailadmin_editing_sessions:*": ACCESS,  # each asks for the right to change what is edited
    "wagtailadmin_block_preview": _any("audiences", "audience", "add", "change"),
    "alerts:*": _any("alerts", "alert", "view"),
    "alerts:steps": ("alerts.view_attempt",),
    "alerts:try_step": ("alerts.change_attempt",),
    # Who did what
    "wagtailadmin_reports:site_history": ("customers.reveal_customer",),
    "wagtailadmin_reports:site_history_results": ("customers.reveal_customer",),
    "access_records:*": _any("accounts", "accessrecord", "view"),
    # People and roles
    **_all_of("wagtailusers_users", "accounts", "user"),
    **_all_of("wagtailusers_groups", "auth", "group"),
    f"{BULK} accounts user": _any("accounts", "user", "change", "delete"),
    # Customers
    "show_in_full": _any("customers", "customer", "reveal"),
    "customers:*": _any("customers", "customer", "view"),
    "customers:reveal": _any("customers", "customer", "reveal"),
    "customers:consent": _any("customers", "customer", "change"),
    "customers:blocked": _any("customers", "customer", "change"),
    "imports:*": _any("customers", "customer", "import"),
    **_all_of("attributes", "customers", "attributedefinition"),
    "story:*": _any("customers", "customer", "view"),
    # Audiences and lists
    **_all_of("audiences", "audiences", "audience"),
    "audiences:archive": _any("audiences", "audience", "change"),
    "audiences:new": _any("audiences", "audience", "add"),
    "audiences:*": _COUNTS,
    "audiences:why": ("audiences.view_audience + customers.view_customer",),
    "audiences:why_typed": ("audiences.view_audience + customers.view_customer",),
    "audiences:revisions_revert": _any("audiences", "audience", "change"),
    "lists:*": _LISTS,
    "lists:add": (*_any("audiences", "customerlist", "add"), "audiences.change_exclusion"),
    "lists:freeze": _any("audiences", "customerlist", "add"),
    "lists:combine": _any("audiences", "customerlist", "add"),
    **{f"lists:{name}": _CHANGES_LISTS for name in ("edit", "put", "take", "empty", "start", "stop")},
    "lists:archive": (*_any("audiences", "customerlist", "delete"), "audiences.change_exclusion"),
    "lists:delete": (*_any("audiences", "customerlist", "delete"), "audiences.change_exclusion"),
    # Texts
    **_all_of("message_templates", "message_templates", "messagetemplate"),
    "message_templates:preview_on_add": _any("message_templates", "messagetemplate", "add"),
    "message_templates:preview_on_edit": _any("message_templates", "messagetemplate", "change"),
    "message_templates:revisions_view": _TEXTS,
    "message_templates:revisions_compare": _TEXTS,
    "message_templates:revisions_revert": _any("message_templates", "messagetemplate", "change"),
    "message_templates:unpublish": _any("message_templates", "messagetemplate", "publish"),
    "message_templates:lock": _any("message_templates", "messagetemplate", "lock"),
    "message_templates:unlock": _any("message_templates", "messagetemplate", "lock", "unlock"),
    "message_templates:phone": _TEXTS,
    "message_templates:archive": _any("message_templates", "messagetemplate", "publish"),
    "text_files:*": _any("message_templates", "messagetemplate", "change"),
    "text_files:download": _any("message_templates", "messagetemplate", "view"),
    # Mailings
    **_all_of("mailings", "mailings", "mailing"),
    "mailings:*": _MAILINGS,
    "mailings:part": _any("mailings", "mailing", "control"),
    "mailings:throw_away": _any("mailings", "mailing", "add", "change"),
    "text_chooser:*": tuple(f"message_templates.view_messagetemplate + {one}" for one in _MAKES_MAILINGS),
    "audience_chooser:*": tuple(f"audiences.view_audience + {one}" for one in _MAKES_MAILINGS),
    "control:*": _any("mailings", "mailing", "control"),
    "mailing_calendar:*": _MAILINGS,
    "mailing_calendar:move": _any("mailings", "mailing", "change"),
    "mailing_results:list": _any("audiences", "customerlist", "add"),
    "mailing_results:resend": _any("mailings", "mailing", "add"),
    "trying:*": _any("mailings", "mailing", "change", "submit"),
    "rehearsal:*": _any("mailings", "mailing", "submit", "approve"),
    **_all_of("contact_rules", "mailings", "contactrules"),
    **_all_of("approval_rules", "mailings", "approvalrules"),
    # Operators
    **_all_of("operator", "operators", "operator"),
    **_all_of("tariff", "operators", "tariff"),
    **_all_of("network", "operators", "network"),
    **_all_of("error_codes", "operators", "errorcode"),
    **_all_of("connection", "kannel", "connection"),
    **_all_of("gateway", "kannel", "gateway"),
    **_all_of("adapter", "kannel", "adapter"),
    "operators:*": _any("kannel", "connection", "view"),
    "operators:apply": ("kannel.apply_changes",),
    "operators:drop": ("kannel.change_connection", "kannel.change_gateway"),
    "operators:test": _any("kannel", "connection", "change"),
    "operators:test_message": _any("kannel", "connection", "change"),
    "operators:try_adapter": _any("kannel", "adapter", "change"),
    "standing:*": _any("kannel", "connection", "view"),
    "standing:change": _any("kannel", "connection", "change"),
    "tariff_files:*": _any("operators", "tariff", "change"),
    "tariff_files:download": _any("operators", "tariff", "view"),
    "porting:*": _any("operators", "network", "change"),
    "porting:networks": _any("operators", "network", "add"),
    "whatif:*": ("operators.view_whatif",),
    "whatif:routes": _MAILINGS,
    # Reports
    "reports:*": ("mailings.view_report",),
    "reports:csv": ("mailings.export_message",),
    "reports:xlsx": ("mailings.export_message",),
}


def name_of(match: ResolverMatch) -> str:
    """How an address is called here. One address is for all bulk actions, so that it is told apart by what it changes."""
    if match.view_name == BULK:
        return f"{BULK} {match.kwargs['app_label']} {match.kwargs['model_name']}".lower()
    return match.view_name or ""


def is_closed(name: str) -> bool:
    """Whether nobody may open it, administrators included."""
    return name not in TO_ANYBODY and _needed(name) is None


def may_open(name: str, has_rights: Callable[[list[str]], bool]) -> bool:
    """Whether somebody with these rights may open it; ``has_rights`` says whether they have all of some."""
    return any(has_rights(one.split(" + ")) for one in _needed(name) or ())


def _needed(name: str) -> Rights | None:
    room, colon, _rest = name.rpartition(":")
    return NEEDS.get(name) or (NEEDS.get(f"{room}:*") if colon else None)
