from datetime import date

from dateutil.relativedelta import relativedelta
from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.customers.models import Customer
from backoffice.lib.masking import masked_phone
from backoffice.lib.moments import company_day
from backoffice.lib.numbers import grouped, rounded, third_digit

register = template.Library()

register.filter("masked", masked_phone)
register.filter("rounded", rounded)


@register.filter
def percent(share: float) -> str:
    """A share from 0 to 1 in percent; what is not quite nobody or everybody never looks like it."""
    if 0 < share < 0.001:
        return _("less than 0.1 %")
    if 0.999 < share < 1:
        return _("more than 99.9 %")
    # number_format cuts digits off and does not round.
    return f"{number_format(round(share * 100, 1), 1 if 0 < share < 1 else 0, use_l10n=True)} %"


@register.filter
def unlocalized(number: float) -> str:
    """A number as HTML attributes want it, whatever the reader's language."""
    return f"{number:.4f}"


@register.filter
def counted(customers: int, is_exact: bool) -> str:
    """A number of customers: exact to the last digit, or "≈" and the digits that mean something."""
    return grouped(customers) if is_exact else f"≈ {grouped(rounded(customers))}"


@register.filter
def counted_down(customers: int, is_exact: bool) -> str:
    """The same for a part of a number that is known: rounded down, so that it is never more than the whole."""
    step = third_digit(customers)
    return grouped(customers) if is_exact else f"≈ {grouped(customers // step * step)}"


register.filter(grouped)


@register.filter
def traits(customer: Customer) -> list[str]:
    """What may be shown of a customer to anybody: city, segment, language, age; what is not known is left out."""
    return [
        known
        for known in (customer.city, customer.segment, customer.language, _age(customer.birth_date))
        if known
    ]


def _age(birth_date: date | None) -> str:
    if birth_date is None:
        return ""
    age = relativedelta(company_day(), birth_date).years
    return ngettext("%(age)s year", "%(age)s years", age) % {"age": age}
