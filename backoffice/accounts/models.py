from django.conf import settings
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


class AccessRecord(models.Model):
    """Somebody came in, left, tried to, or was refused. Kept for ACCESS_RECORD_DAYS, and never changed."""

    class Kind(models.TextChoices):
        LOGIN = "login", _("Logged in")
        FAILED = "failed", _("Wrong login or password")
        LOCKED = "locked", _("Locked out after too many tries")
        LOGOUT = "logout", _("Logged out")
        ENDED = "ended", _("Session ended by itself")
        REFUSED = "refused", _("Refused for lack of a right")

    kind = models.CharField(_("what happened"), max_length=8, choices=Kind)
    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    # Empty where the login is nobody's: people type their passwords there.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    client_address = models.GenericIPAddressField(_("from where"), null=True)
    # The name of the address, never the address: that may hold the number of a row.
    page = models.CharField(_("page"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("login or refusal")
        verbose_name_plural = _("logins and refusals")
        default_permissions = ("view",)
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.get_kind_display()
