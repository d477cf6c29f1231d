from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn
from wagtail.blocks.base import get_error_json_data
from wagtail.snippets.views import snippets

from backoffice.audiences.blocks import MATCH
from backoffice.audiences.counting import CountTooSlowError, complete_rules, reach
from backoffice.audiences.history import WithoutAutosave
from backoffice.audiences.membership_views import NoCircle, OffersFreezing, RefuseWhileCondition
from backoffice.audiences.models import Audience
from backoffice.audiences.panels import WithReach
from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.lib.masking import masked_phone

MAY_COUNT = ("add", "change", "view")


class AudienceIndexView(snippets.IndexView):
    """Without Wagtail's boxes for deleting many at once, which would not say who still uses them."""

    @cached_property
    def columns(self) -> list[Any]:
        return [column for column in super().columns if not isinstance(column, BulkActionsCheckboxColumn)]


class AudienceCreateView(WithoutAutosave, WithReach, snippets.CreateView):
    pass


class AudienceEditView(NoCircle, OffersFreezing, WithoutAutosave, WithReach, snippets.EditView):
    def save_instance(self) -> Any:
        self.form.instance.keep_first_revision()
        return super().save_instance()


class AudienceCopyView(WithoutAutosave, WithReach, snippets.CopyView):
    """A new audience with the same answers; the history stays with the old one."""

    def get_initial_form_instance(self) -> Audience:
        old = self.get_object()
        return Audience(name=old.name, description=old.description, match=old.match, rules=old.rules)


class AudienceDeleteView(RefuseWhileCondition, RefuseWhileUsed, snippets.DeleteView):
    pass


@require_POST
def count_view(request: HttpRequest) -> HttpResponse:
    """How many customers fit the conditions in the form, without saving it.

    Answers JSON: ``html`` for the panel and ``errors`` for the field, null when there are none.
    """
    if not any(request.user.has_perm(f"audiences.{action}_audience") for action in MAY_COUNT):
        raise PermissionDenied
    block = Audience._meta.get_field("rules").stream_block
    rules = block.value_from_datadict(request.POST, request.FILES, "rules")
    match = request.POST.get("match", "all")
    if match not in dict(MATCH):
        match = "all"
    context = _context(match, rules)
    return JsonResponse(
        {
            "html": render_to_string("audiences/reach.html", context, request=request),
            "errors": _errors(block, rules),
        }
    )


def _context(match: str, rules: Any) -> dict[str, Any]:
    complete = complete_rules(rules)
    context: dict[str, Any] = {"left_out": len(rules) - len(complete), "counted_at": timezone.now()}
    try:
        found = reach(match, complete)
    except CountTooSlowError:
        return context | {
            "problem": _(
                "Counting took more than 2 seconds and was stopped. Remove a condition on what customers did, "
                "or shorten its period. You can save the audience all the same."
            )
        }
    sample = [
        {"phone": masked_phone(customer.phone), "city": customer.city, "segment": customer.segment}
        for customer in found.sample
    ]
    return context | {"reach": found, "match": match, "sample": sample}


def _errors(block: Any, rules: Any) -> Any:
    try:
        block.clean(rules)
    except ValidationError as error:
        return get_error_json_data(error)
    return None
