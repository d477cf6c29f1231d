"""Where alerts and lists lead."""

from django.urls import reverse

from backoffice.mailings.models import Mailing


def page_of(mailing: Mailing) -> str:
    """The page of a mailing."""
    return reverse("mailings:inspect", args=[mailing.pk])
