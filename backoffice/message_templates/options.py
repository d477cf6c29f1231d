"""What stands between the brackets of a merge field or of a condition."""

import re
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from django.utils.translation import gettext as _

from backoffice.message_templates.fields import FIELDS, Field
from backoffice.message_templates.formats import Kind
from backoffice.message_templates.mistakes import Slip
from backoffice.message_templates.pieces import SIGNS, Condition, Merged
from backoffice.message_templates.plurals import ENGLISH_FORMS, RUSSIAN_FORMS
from kannel.text_form import folded

_QUOTED = r"""(?P<words>"[^"]*"|'[^']*'|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»)"""
_OPTION = re.compile(rf"(?P<name>default|plural)\s*:\s*{_QUOTED}", re.IGNORECASE)
_UNQUOTED = re.compile(r"(?P<name>default|plural)\s*[:=]?\s*(?P<words>[^\"'“”„«»]*)", re.IGNORECASE)
_WORDS = re.compile(_QUOTED)
_CONDITION = re.compile(
    r"(?P<name>[\w .]*?\w)\s*(?:\|\s*(?P<format>[\w-]*)\s*)?(?:(?P<sign>[<>=!≤≥≠]+)\s*(?P<wanted>.*))?",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?\d{1,12}(?:[.,]\d{1,2})?")
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
# A short name is near to many others: “age” is no “manager” (0.6), “frist_name” is “first_name” (0.9).
ALIKE = 0.72
_SAME_SIGNS = {"==": "=", "!=": "<>", "≠": "<>", "≤": "<=", "=<": "<=", "≥": ">=", "=>": ">="}
_EXAMPLES = {
    Kind.TEXT: '{if %s = "…"}',
    Kind.NUMBER: "{if %s >= 100}",
    Kind.MONEY: "{if %s > 0}",
    Kind.DATE: "{if %s >= 31.12.2026}",
}


def merged_of(inside: str) -> Merged | Slip:
    """A merge field, or what is wrong with it."""
    name, *options = (part.strip() for part in inside.split("|"))
    field = FIELDS.get(name.lower())
    if field is None:
        return _unknown_field(name, inside)
    format_name = default = ""
    forms: tuple[str, ...] = ()
    for option in options:
        if quoted := _OPTION.fullmatch(option):
            words = quoted["words"][1:-1]
            if quoted["name"].lower() == "default":
                default = words
            else:
                forms = tuple(form.strip() for form in words.split(","))
        elif option and option.lower() in field.formats:
            format_name = option.lower()
        else:
            return _unknown_option(field, option, inside)
    if forms and (slip := _wrong_forms(field, format_name, forms, inside)):
        return slip
    return Merged(field, format_name, default, forms)


def condition_of(inside: str) -> Condition | Slip:
    """The condition of a phrase, or what is wrong with it."""
    found = _CONDITION.fullmatch(inside)
    if not found:
        return Slip(_("Write which field decides, for example {if first_name} or {if debt > 0}."))
    field = FIELDS.get(found["name"].lower())
    if field is None:
        return _unknown_field(found["name"], f"if {inside}")
    format_name = (found["format"] or "").lower()
    if format_name and not (format_name in field.formats and field.formats[format_name].is_whole):
        return Slip(
            _("“%(format)s” cannot be compared. Leave it out: {if %(name)s …}.")
            % {"format": found["format"], "name": field.name}
        )
    if not found["sign"]:
        return Condition(field, format_name)
    sign = _SAME_SIGNS.get(found["sign"], found["sign"])
    wanted = _wanted(Condition(field, format_name), sign, found["wanted"].strip())
    if wanted is None:
        return _no_comparison(field, bool(format_name))
    return Condition(field, format_name, sign, wanted)


def _wanted(condition: Condition, sign: str, typed: str) -> str | Decimal | date | None:
    """What is compared with; None if it does not fit the field."""
    if sign not in SIGNS:
        return None
    if condition.is_of_numbers:
        plain = re.sub(r"\s", "", typed)
        return Decimal(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else None
    if condition.field.kind is Kind.DATE:
        return _day(typed)
    quoted = _WORDS.fullmatch(typed)
    return folded(quoted["words"][1:-1]) if quoted and sign in ("=", "<>") else None


def _day(typed: str) -> date | None:
    try:
        if found := _DAY.fullmatch(typed):
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _no_comparison(field: Field, is_number: bool) -> Slip:
    kind = Kind.NUMBER if is_number else field.kind
    rule = {
        Kind.TEXT: _("A text is compared by = or <> with words in quotes."),
        Kind.NUMBER: _("A number is compared by =, <>, <, <=, > or >= with a number."),
        Kind.MONEY: _("An amount is compared by =, <>, <, <=, > or >= with a number."),
        Kind.DATE: _("A date is compared by =, <>, <, <=, > or >= with a date."),
    }[kind]
    example = _EXAMPLES[kind] % (
        f"{field.name}|days" if is_number and field.kind is Kind.DATE else field.name
    )
    return Slip(_("%(rule)s Write it like %(example)s.") % {"rule": rule, "example": example})


def _wrong_forms(field: Field, format_name: str, forms: tuple[str, ...], inside: str) -> Slip | None:
    if len(forms) not in (ENGLISH_FORMS, RUSSIAN_FORMS) or not all(forms):
        return Slip(
            _(
                "Write two forms with a comma between them for English, three for Russian: "
                '{%(name)s|plural:"point,points"} or {%(name)s|plural:"балл,балла,баллов"}.'
            )
            % {"name": field.name}
        )
    if field.formats[format_name].is_whole:
        return None
    whole = next((name for name, one in field.formats.items() if one.is_whole and name), None)
    if whole is None and field.kind is not Kind.NUMBER:
        return Slip(_("{%(name)s} is no number, so no word depends on it.") % {"name": field.name})
    if field.kind is Kind.NUMBER:
        return Slip(_("Leave the format out: the word depends on the number itself."))
    return Slip(
        _("A word can only depend on a whole number. Write {%(name)s|%(whole)s|plural:…}.")
        % {"name": field.name, "whole": whole},
        "" if format_name else "{" + inside.replace("|", f"|{whole}|", 1) + "}",
    )


def _unknown_field(name: str, inside: str) -> Slip:
    if not name:
        return Slip(_("Write the name of a field between the brackets, for example {first_name}."))
    if similar := _similar(name):
        return Slip(
            _("There is no field {%(name)s}. Did you mean {%(similar)s}?")
            % {"name": name, "similar": similar},
            "{" + inside.replace(name, similar, 1) + "}",
        )
    return Slip(
        _("There is no field {%(name)s}. Choose one from the buttons below the text.") % {"name": name}
    )


def _similar(name: str) -> str:
    """A field whose name, or whose label in the reader's language, is much like this; empty if there is none."""
    known = {str(field.label).lower(): field.name for field in FIELDS.values()}
    known |= {field.name: field.name for field in FIELDS.values()}
    known |= {"else": "else", "end": "end"}
    typed = name.lower()
    close = get_close_matches(typed.replace(" ", "_"), known, n=1, cutoff=ALIKE) or get_close_matches(
        typed, known, n=1, cutoff=ALIKE
    )
    return known[close[0]] if close else ""


def _unknown_option(field: Field, option: str, inside: str) -> Slip:
    if unquoted := _UNQUOTED.match(option):
        return _without_quotes(field, option, unquoted, inside)
    known = [name for name in field.formats if name]
    if not known:
        return Slip(
            _("{%(name)s} has no format “%(option)s”. Leave it out.") % {"name": field.name, "option": option}
        )
    close = get_close_matches(option.lower(), known, n=1)
    return Slip(
        _("{%(name)s} cannot be written as “%(option)s”. It knows: %(known)s.")
        % {"name": field.name, "option": option, "known": ", ".join(known)},
        "{" + inside.replace(option, close[0], 1) + "}" if close else "",
    )


def _without_quotes(field: Field, option: str, unquoted: re.Match[str], inside: str) -> Slip:
    kind, words = unquoted["name"].lower(), unquoted["words"].strip()
    instead = ""
    if words and unquoted.end() == len(option):
        instead = "{" + inside.replace(option, f'{kind}:"{words}"', 1) + "}"
    if kind == "plural":
        sentence = _('Write the forms in quotes, without | in them: {%(name)s|plural:"point,points"}.')
    else:
        sentence = _(
            'Write the words for customers without a value in quotes, without | in them: {%(name)s|default:"customer"}.'
        )
    return Slip(sentence % {"name": field.name}, instead)
