from django.db import models

from kannel.models.connections import Connection


class Sample(models.Model):
    """What the watch saw of a connection at a moment. ``sent`` and ``failed`` count since the sample before."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    is_online = models.BooleanField()
    queued = models.PositiveIntegerField()
    sent = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    sent_total = models.PositiveBigIntegerField(help_text="As Kannel counts since it started.")
    failed_total = models.PositiveIntegerField(help_text="As Kannel counts since it started.")

    wagtail_reference_index_ignore = True

    class Meta:
        indexes = [
            models.Index(fields=["connection", "-at"], name="sample_of_connection"),
            models.Index(fields=["at"], name="sample_age"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.at}"
