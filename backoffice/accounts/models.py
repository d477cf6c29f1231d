from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """An employee. What they may do comes from their groups, see roles.py."""

    phone = models.CharField(
        _("own phone number"),
        max_length=16,
        blank=True,
        help_text=_("For test messages. Start with + and the country code."),
    )
