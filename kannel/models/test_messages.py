import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kannel.models.connections import Connection
from kannel.secret_field import SecretField
from kannel.text_field import SmsTextField


class TestMessage(models.Model):
    """One message that somebody sends to an own number, to see each step of its way with its time.

    Its reports come back as events about message id ``pk``: ids of messages carry a month and are far larger.
    """

    __test__ = False  # pytest takes a name that begins with Test for one of its own

    class Answer(models.TextChoices):
        TAKEN = "taken", _("taken")
        REFUSED = "refused", _("refused")
        NOT_NOW = "not_now", _("not now")
        UNKNOWN = "unknown", _("no answer")

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="test_messages")
    phone = SecretField()
    sender = models.CharField(max_length=15)
    text = SmsTextField()
    kannel_id = models.UUIDField(default=uuid.uuid4)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    handed_over_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=8, choices=Answer, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.created_at}"
