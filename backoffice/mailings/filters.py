"""How the list of mailings is narrowed down."""

import django_filters
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet

from backoffice.customers.models import Purpose
from backoffice.mailings.models import Mailing


class MailingFilterSet(WagtailFilterSet):
    """One of the states, one of the purposes; each as a list to choose from, because they stand above the mailings."""

    state = django_filters.ChoiceFilter(
        label=_("State"), choices=Mailing.State.choices, empty_label=_("All states")
    )
    purpose = django_filters.ChoiceFilter(
        label=_("Purpose"), choices=Purpose.choices, empty_label=_("All purposes")
    )

    class Meta:
        model = Mailing
        fields = ["state", "purpose"]
