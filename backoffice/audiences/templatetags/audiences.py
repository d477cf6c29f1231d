from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """A share from 0 to 1 in percent; what is not quite nobody or everybody never looks like it."""
    if 0 < share < 0.001:
        return _("less than 0.1 %")
    if 0.999 < share < 1:
        return _("more than 99.9 %")
    return f"{number_format(share * 100, 1 if 0 < share < 1 else 0, use_l10n=True)} %"


@register.filter
def unlocalized(number: float) -> str:
    """A number as HTML attributes want it, whatever the reader's language."""
    return f"{number:.4f}"
