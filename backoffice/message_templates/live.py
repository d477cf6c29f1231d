"""Answers while a text is being written: how it looks on the phone, what it costs, and what could be better about it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from backoffice.message_templates.estimate import Estimate, cost, estimates
from backoffice.message_templates.judged import Judged, judge, rounded_money
from backoffice.message_templates.languages import LANGUAGES
from backoffice.message_templates.typed import Typed

MAY_PREVIEW = ("add", "change", "view")


@require_POST
def phone_view(request: HttpRequest) -> HttpResponse:
    """The texts being written, as a customer gets them, without saving anything. See Typed for what is posted.

    Answers JSON: ``phone`` and ``cost``, HTML for the panel; ``meters``, HTML for below each field, and ``marks``, what
    to mark in it, by its name.
    """
    if not any(
        request.user.has_perm(f"message_templates.{action}_messagetemplate") for action in MAY_PREVIEW
    ):
        raise PermissionDenied
    typed = Typed(request)
    found = estimates(typed.variants, typed.crowd, typed.facts)
    judged = judge(typed, found)

    def html(name: str, context: Mapping[str, Any]) -> str:
        return render_to_string(f"message_templates/{name}.html", dict(context), request=request)

    shown = [one for one in judged if not one.text.is_blank]
    return JsonResponse(
        {
            "phone": html("phone", {"texts": _on_the_phone(shown, len(typed.texts))}),
            "cost": html("cost", _bill(typed, found)),
            "meters": {one.text.field: html("meter", {"one": one, "preview": one.preview}) for one in judged},
            "marks": {one.text.field: one.marks for one in judged},
        }
    )


def _on_the_phone(shown: list[Judged], texts: int) -> list[dict[str, Any]]:
    names = dict(LANGUAGES)
    fallback = _("Everybody else") if texts > 1 else _("Everybody")
    return [
        {
            "bubble": one.bubble,
            "links": [] if one.bubble is None else one.links,
            "is_made_up": one.is_made_up,
            "language": names.get(one.text.language, fallback if one.text.is_main else ""),
        }
        for one in shown
    ]


def _bill(typed: Typed, found: Mapping[str, Estimate]) -> dict[str, Any]:
    """What the panel says about money; nothing while a text is missing or cannot be merged."""
    crowd, is_whole = typed.crowd, all(words.strip() for words in typed.variants.values())
    written = sum(len(one.by_id) for one in found.values())
    shares: dict[int, float] = {}
    for one in found.values():
        for parts, share in one.parts.items():
            shares[parts] = shares.get(parts, 0.0) + share * len(one.by_id) / written
    return {
        "crowd": crowd,
        "is_known": is_whole and bool(written),
        "shares": [(parts, round(shares[parts] * 100)) for parts in sorted(shares)],
        "cost": rounded_money(cost(found.values()), crowd.currency) if crowd.part_price else "",
    }
