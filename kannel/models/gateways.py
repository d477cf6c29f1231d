from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from kannel.models.drafts import Drafted
from kannel.models.names import is_kannel_id
from kannel.secret_field import SecretField

IS_PORT = [MinValueValidator(1), MaxValueValidator(65_535)]


class Gateway(Drafted):
    """One bearerbox with its connections. Its passwords come from the environment."""

    class Transport(models.TextChoices):
        BOX = "box", _("Box protocol")
        SENDSMS = "sendsms", _("sendsms over HTTP")

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        SUSPENDED = "suspended", _("suspended")
        HANGING = "hanging", _("does not answer")
        DOWN = "down", _("down")

    name = models.CharField(_("name"), max_length=32, unique=True, validators=[is_kannel_id])
    transport = models.CharField(
        _("how we hand messages over"), max_length=7, choices=Transport, default=Transport.BOX
    )
    host = models.CharField(_("host"), max_length=120, default="127.0.0.1")
    our_addresses = models.CharField(
        _("our own addresses"),
        max_length=200,
        default="127.0.0.1",
        help_text=_(
            "IPv4 addresses our servers call the gateway from, with semicolons between them. Nobody else gets in."
        ),
    )
    box_port = models.PositiveIntegerField(_("box port"), default=13001, validators=IS_PORT)
    admin_port = models.PositiveIntegerField(_("admin port"), default=13000, validators=IS_PORT)
    sendsms_port = models.PositiveIntegerField(_("sendsms port"), default=13013, validators=IS_PORT)
    box_id = models.CharField(
        _("name our listener goes by"),
        max_length=32,
        default="parley",
        validators=[is_kannel_id],
        help_text=_("Delivery reports of our messages come back to this name."),
    )
    smsbox_id = models.CharField(
        _("smsbox that takes the reports"),
        max_length=32,
        blank=True,
        validators=[is_kannel_id],
        help_text=_(
            "Leave empty: our listener reads the reports. With the name of an smsbox, that smsbox calls our address."
        ),
    )
    redis_host = models.CharField(_("Redis host"), max_length=120, default="127.0.0.1")
    redis_port = models.PositiveIntegerField(_("Redis port"), default=6379, validators=IS_PORT)
    redis_database = models.PositiveSmallIntegerField(
        _("Redis database"), default=2, validators=[MaxValueValidator(1023)]
    )
    is_enabled = models.BooleanField(_("in use"), default=True)

    # What was last put in its place; the passwords of all operators are in it.
    applied = SecretField(blank=True, default="", editable=False)
    applied_at = models.DateTimeField(null=True, editable=False)

    # Live, written by the watch (kannel.administration.poll) only.
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DOWN, editable=False)
    status_since = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(_("last heard"), null=True, editable=False)
    started_at = models.DateTimeField(
        null=True, editable=False, help_text="When its bearerbox began, as its own uptime says."
    )
    watched_since = models.DateTimeField(null=True, editable=False)
    restarts = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often it began anew since then."
    )
    storesize = models.IntegerField(_("stored messages"), null=True, editable=False)
    receipts_outstanding = models.IntegerField(_("receipts outstanding"), null=True, editable=False)

    # For lib.deleting: changes of the gateway itself; its connections and events keep it.
    deleted_with = ("kannel.applyrun.gateway",)

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        ordering = ["name"]
        permissions = [("apply_changes", "Can apply changes of connections to Kannel")]

    def __str__(self) -> str:
        return self.name

    @property
    def reports_to(self) -> str:
        """The box name that delivery reports come back to."""
        return self.smsbox_id or self.box_id
