"""What the codes of operators mean and what to do: a catalogue in code, which each operator may have otherwise."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.operators.known_codes import RECEIPT_CODES, SUBMIT_STATUSES, Advice
from kannel.receipt_text import CODE_AT_MOST
from kannel.receipt_text import code as receipt_code

_RECEIPT = re.compile(r"err:([-0-9A-Za-z_]+)")
_SUBMIT = re.compile(r"0x0*([0-9A-Fa-f]+)")
_CODE = re.compile(r"(0[xX])?0*([0-9A-Za-z]{1,8})")


class ErrorCode(models.Model):
    """What one code of one operator means, where it differs from the catalogue or stands in none."""

    class Source(models.TextChoices):
        SUBMIT = "submit", _("answer when handed over")
        RECEIPT = "receipt", _("delivery receipt")

    class Action(models.TextChoices):
        PERMANENT = "permanent", _("do not send again")
        LATER = "later", _("send again later")
        OTHER = "other", _("send over another operator")

    operator = models.ForeignKey(
        "operators.Operator", models.CASCADE, related_name="error_codes", verbose_name=_("operator")
    )
    source = models.CharField(_("where it stands"), max_length=7, choices=Source)
    code = models.CharField(
        _("code"),
        max_length=CODE_AT_MOST,
        help_text=_("In hexadecimal for answers (0x45), as the receipt writes it otherwise."),
    )
    sentence = models.CharField(
        _("what it means"),
        max_length=200,
        help_text=_("A whole sentence. It is shown on pages and in reports."),
    )
    advice = models.CharField(_("what to do"), max_length=200, blank=True)
    action = models.CharField(_("Parley should"), max_length=9, choices=Action, default=Action.PERMANENT)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("error code")
        verbose_name_plural = _("error codes")
        ordering = ["operator", "source", "code"]
        constraints = [
            models.UniqueConstraint(fields=["operator", "source", "code"], name="one_meaning_of_a_code")
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()}: {self.code}"

    def clean(self) -> None:
        super().clean()
        written = self.code.strip()
        if self.source == self.Source.RECEIPT:
            known = receipt_code(written) if re.fullmatch(r"[-+]?[0-9A-Za-z_]+", written) else ""
        else:
            known = found[2] if (found := _CODE.fullmatch(written)) else ""
        if not known:
            raise ValidationError({"code": _("Write the code alone, for example 0x45 or 027.")})
        self.code = plain(known)


@dataclass(frozen=True)
class Meaning:
    """A code in words, and what is done about it."""

    sentence: str | Promise
    advice: str | Promise
    action: str


@dataclass(frozen=True)
class Catalogue:
    """The codes as one operator uses them: its own rows first, then what most operators mean."""

    own: Mapping[tuple[str, str], Meaning]

    def meaning(self, error: str) -> Meaning | None:
        """What a stored error of a message means; None if nobody knows."""
        found = code_in(error)
        if found is None:
            return None
        return self.own.get(found) or _known(*found)

    def is_own(self, error: str) -> bool:
        """Whether somebody entered what this operator means by the code."""
        return code_in(error) in self.own


def catalogues() -> dict[int, Catalogue]:
    """The catalogue of every operator that has codes of its own, by operator."""
    own: dict[int, dict[tuple[str, str], Meaning]] = {}
    for row in ErrorCode.objects.all():
        meaning = Meaning(row.sentence, row.advice, row.action)
        own.setdefault(row.operator_id, {})[row.source, row.code] = meaning
    return {operator_id: Catalogue(codes) for operator_id, codes in own.items()}


USUAL = Catalogue({})


def code_in(error: str) -> tuple[str, str] | None:
    """Source and code of an error as messages keep it: “err:027” of a receipt, “NACK/0x0000000b/…” of an answer."""
    if found := _RECEIPT.search(error):
        return ErrorCode.Source.RECEIPT.value, plain(found[1])
    if found := _SUBMIT.search(error):
        return ErrorCode.Source.SUBMIT.value, plain(found[1])
    return None


def plain(code: str) -> str:
    """One way to write a code: capitals, without leading zeros."""
    return code.upper().lstrip("0") or "0"


def _known(source: str, code: str) -> Meaning | None:
    found: tuple[Any, Advice] | None = (
        SUBMIT_STATUSES if source == ErrorCode.Source.SUBMIT else RECEIPT_CODES
    ).get(code)
    if found is None:
        return None
    sentence, advice = found
    return Meaning(sentence, gettext(advice.words), advice.action)
