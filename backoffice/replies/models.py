from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Customer
from backoffice.mailings.models import Mailing, Message


class Reply(models.Model):
    """What a customer wrote to us, and the message it most likely answers. Rows come in sets from waiting events."""

    kannel_id = models.UUIDField(
        unique=True, editable=False, help_text="Kannel gives an event at least once, always with this id."
    )
    customer = models.ForeignKey(
        Customer,
        models.CASCADE,
        related_name="replies",
        verbose_name=_("customer"),
        db_index=False,  # reply_customer begins with it
    )
    received_at = models.DateTimeField(_("received"))
    text = models.TextField(_("text"), blank=True)
    word = models.CharField(
        _("first word"),
        max_length=40,
        blank=True,
        help_text=_("In capital letters, without signs around it."),
    )
    recipient = models.CharField(
        _("written to"), max_length=32, blank=True, help_text=_("Our number or name.")
    )
    octets = models.BinaryField(null=True, editable=False, help_text="What was no text, whole.")
    part_reference = models.IntegerField(default=0, editable=False)
    part = models.SmallIntegerField(default=1, editable=False, help_text="While the others are missing.")
    parts = models.SmallIntegerField(default=1, editable=False)
    is_repeat = models.BooleanField(
        _("came again"), default=False, help_text=_("The same words had come a few minutes before.")
    )
    message = models.ForeignKey(
        Message,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The latest message sent to that number before it.",
    )
    mailing = models.ForeignKey(
        Mailing,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,  # reply_mailing begins with it
        verbose_name=_("mailing"),
        help_text="Of that message.",
    )

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["customer", "received_at"], name="reply_customer"),
            models.Index(fields=["mailing", "customer"], name="reply_mailing"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.received_at:%Y-%m-%d %H:%M}"
