"""What a privacy officer does to see numbers and names in full."""

from typing import Any

from django.test import Client
from django.urls import reverse


def show(client: Client, whose: str, page: str, reason: str = "They asked") -> Any:
    """Says why, and comes back to the page. ``whose`` is the set: model, or model:id."""
    return client.post(reverse("show_in_full"), {"whose": whose, "reason": reason, "next": page}, follow=True)
