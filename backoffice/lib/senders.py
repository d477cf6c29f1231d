"""What a message may say it comes from."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# 3GPP TS 23.040 9.1.2.5: an alphanumeric address holds 11 septets; Kannel refuses more than 20 characters.
is_sender = RegexValidator(
    r"^([A-Za-z0-9 ._&-]{1,11}|\+?[0-9]{3,15})$",
    _("Up to 11 Latin letters and digits, or a number of up to 15 digits."),
)
