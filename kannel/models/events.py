from django.db import models
from django.utils.translation import gettext_lazy as _

from kannel.models.gateways import Gateway


class Event(models.Model):
    """A raw delivery report or inbound message as Kannel gave it. Partitioned by month; rows come by COPY.

    The same report may stand here twice (Kannel delivers at least once); whoever applies events must not mind.
    """

    class Kind(models.TextChoices):
        REPORT = "report", _("delivery report")
        INBOUND = "inbound", _("inbound message")

    id = models.BigIntegerField(primary_key=True)
    gateway = models.ForeignKey(Gateway, models.DO_NOTHING, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=7, choices=Kind)
    kannel_id = models.UUIDField(help_text="Kannel's id of this event, the same when it is delivered again.")
    message_id = models.BigIntegerField(
        null=True, help_text="From the signed DLR URL; null for inbound messages."
    )
    attempt = models.SmallIntegerField(default=0, help_text="Which attempt of the message this is about.")
    connection_name = models.CharField(max_length=32)
    dlr_type = models.SmallIntegerField(
        null=True, help_text="1 delivered, 2 failed, 4 buffered, 8 accepted, 16 rejected; bits."
    )
    smsc_message_id = models.CharField(max_length=80, blank=True)
    sender = models.CharField(max_length=32, blank=True, help_text="Of an inbound message only.")
    recipient = models.CharField(max_length=32, blank=True, help_text="Of an inbound message only.")
    text = models.TextField(
        blank=True, help_text="ACK/…, NACK/… or the receipt; the text of an inbound message."
    )
    octets = models.BinaryField(
        null=True, help_text="An inbound message that is no text; its text is empty then."
    )
    part_reference = models.IntegerField(default=0)
    part = models.SmallIntegerField(default=1, help_text="Of an inbound message that Kannel could not join.")
    parts = models.SmallIntegerField(default=1)
    network_error = models.IntegerField(
        null=True, help_text="Of a receipt: the network's code, sent beside it."
    )
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(
        null=True, help_text="When somebody made use of it; null while it waits."
    )
    tries = models.SmallIntegerField(default=0, help_text="How often it was looked at and fitted no message.")

    wagtail_reference_index_ignore = True

    class Meta:
        managed = False
        db_table = "kannel_event"
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.kind} {self.kannel_id}"
