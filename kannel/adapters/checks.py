"""Whether an adapter makes sense, field by field."""

from collections.abc import Callable

from kannel.adapters.answers import AnswerRules
from kannel.adapters.inbound import InboundRules
from kannel.adapters.receipts import ReceiptRules
from kannel.adapters.requests import Template
from kannel.adapters.tokens import TokenRules
from kannel.models import Adapter
from kannel.values import ConfigurationError


def problems(adapter: Adapter) -> dict[str, str]:
    """What is wrong, a sentence for each field; empty if nothing is. Of each part the first fault is told."""
    parts: list[Callable[[Adapter], object]] = [
        Template.of,
        AnswerRules.of,
        ReceiptRules.of,
        InboundRules.of,
        TokenRules.of,
    ]
    found: dict[str, str] = {}
    for read in parts:
        try:
            read(adapter)
        except ConfigurationError as error:
            found[error.field] = str(error)
    return found
