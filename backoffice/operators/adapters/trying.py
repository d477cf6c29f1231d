"""The page on which an adapter is tried: against a simulated operator, and with answers from the operator's description."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.lib.screens import Screen
from backoffice.operators.adapters.forms import SampleForm
from kannel.adapters.addresses import inbound_url, receipt_url
from kannel.adapters.answers import Outcome, Understood
from kannel.adapters.receipts import DELIVERED, EXPIRED, UNDELIVERED, UNDER_WAY, Receipt
from kannel.adapters.trying import line_to, try_receipts, try_requests
from kannel.models import Adapter
from kannel.values import ConfigurationError

OUTCOMES = {
    Outcome.TAKEN: (gettext_lazy("taken"), "good"),
    Outcome.REFUSED: (gettext_lazy("refused for good"), "bad"),
    Outcome.LATER: (gettext_lazy("try again later"), "warning"),
    Outcome.UNKNOWN: (gettext_lazy("unknown: it is not sent again"), "hollow"),
}
STATES = {
    DELIVERED: (gettext_lazy("delivered"), "good"),
    UNDELIVERED: (gettext_lazy("not delivered"), "warning"),
    EXPIRED: (gettext_lazy("expired"), "warning"),
    UNDER_WAY: (gettext_lazy("still under way, nothing is noted"), "moving"),
}


class TryScreen(Screen):
    """Shows what an adapter sends and how it understands what comes back."""

    right = "kannel.change_adapter"
    template_name = "operators/try_adapter.html"
    header_icon = "code"
    trail = [("adapter:index", gettext_lazy("Adapters"))]

    @property
    def adapter(self) -> Adapter:
        return get_object_or_404(Adapter, pk=self.kwargs["pk"])

    def get_page_title(self) -> str:
        return _("Try %(name)s") % {"name": self.adapter}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        adapter = self.adapter
        context: dict[str, Any] = {"adapter": adapter, "form": SampleForm()}
        try:
            tries, receipts = try_requests(adapter), try_receipts(adapter)
        except ConfigurationError as error:
            context["fault"] = str(error)
        else:
            context |= {
                "tries": [(one, _words(one.understood), OUTCOMES[one.expected][0]) for one in tries],
                "receipts": [(one, [_state(found) for found in one.found]) for one in receipts],
                "is_foreign": any(one.is_foreign for one in tries),
                "is_right": all(one.is_right for one in tries) and all(one.is_right for one in receipts),
                "addresses": _addresses(adapter),
            }
        return context | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = SampleForm(request.POST)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            context |= _of_samples(self.adapter, **form.cleaned_data)
        return render(request, self.template_name, self.get_context_data(**context))


def _of_samples(adapter: Adapter, *, status: int, answer: str, receipt: str, inbound: str) -> dict[str, Any]:
    """How the pasted answer, receipt and message of a customer are understood."""
    try:
        line = line_to(adapter, 1)
    except ConfigurationError:
        return {}  # the page says so already
    found: dict[str, Any] = {"sample_answer": _words(line.answers.understand(status, answer.encode()))}
    if receipt.strip():
        receipts = line.receipts.read(receipt.strip().encode())
        found["sample_receipts"] = [_state(one) for one in receipts]
        found["no_receipt"] = not receipts
    if inbound.strip():
        messages = line.inbound.read(inbound.strip().encode()) if line.inbound else []
        found["sample_inbound"] = messages
        found["no_inbound"] = not messages
    return found


def _words(understood: Understood) -> tuple[Any, str, str]:
    """Word, look and detail of an outcome."""
    word, look = OUTCOMES[understood.outcome]
    return word, look, understood.operator_id or understood.reason


def _state(receipt: Receipt) -> tuple[Any, str, str]:
    word, look = STATES[receipt.state]
    detail = _("id %(id)s, code %(code)s") if receipt.error else _("id %(id)s")
    return word, look, detail % {"id": receipt.operator_id, "code": receipt.error}


def _addresses(adapter: Adapter) -> list[tuple[str, str, str]]:
    """What each connection's operator has to call with receipts, and with customers' messages where it brings them.

    Without the secret where that goes into a header.
    """
    with_secret = not adapter.receipt_header
    return [
        (
            one.name,
            receipt_url(one.name, with_secret=with_secret),
            inbound_url(one.name, with_secret=with_secret) if adapter.inbound_from_at else "",
        )
        for one in adapter.connections.all()
    ]
