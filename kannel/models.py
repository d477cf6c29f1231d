"""What Kannel is to us: gateways with their connections, and the events they give back."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# Kannel does not escape ids in status.xml and reads `include` anywhere in a line as a directive.
is_kannel_id = RegexValidator(
    r"^(?!.*include)[A-Za-z0-9_-]{1,32}$", _("Use Latin letters, digits, - and _ only.")
)


class Gateway(models.Model):
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
    box_port = models.PositiveIntegerField(_("box port"), default=13001)
    admin_port = models.PositiveIntegerField(_("admin port"), default=13000)
    sendsms_port = models.PositiveIntegerField(_("sendsms port"), default=13013)
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
    redis_port = models.PositiveIntegerField(_("Redis port"), default=6379)
    redis_database = models.PositiveSmallIntegerField(_("Redis database"), default=2)
    is_enabled = models.BooleanField(_("in use"), default=True)

    # Live, written by the watch (kannel.administration.poll) only.
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DOWN, editable=False)
    status_since = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(_("last heard"), null=True, editable=False)
    storesize = models.IntegerField(_("stored messages"), null=True, editable=False)

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def reports_to(self) -> str:
        """The box name that delivery reports come back to."""
        return self.smsbox_id or self.box_id


class Connection(models.Model):
    """One Kannel smsc group: one bind, or one HTTP account, of an operator."""

    class Kind(models.TextChoices):
        SMPP = "smpp", _("SMPP")
        HTTP = "http", _("HTTP")

    class Status(models.TextChoices):
        ONLINE = "online", _("online")
        CONNECTING = "connecting", _("connecting")
        RECONNECTING = "re-connecting", _("link lost, connecting again")
        DISCONNECTED = "disconnected", _("disconnected")
        DEAD = "dead", _("refused by the operator")
        UNKNOWN = "unknown", _("not known")

    gateway = models.ForeignKey(
        Gateway, models.PROTECT, related_name="connections", verbose_name=_("gateway")
    )
    operator = models.ForeignKey(
        settings.KANNEL_OPERATOR_MODEL, models.PROTECT, related_name="connections", verbose_name=_("operator")
    )
    name = models.CharField(
        _("name (smsc-id)"),
        max_length=32,
        unique=True,
        validators=[is_kannel_id],
        help_text=_("Never rename while receipts are outstanding."),
    )
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    host = models.CharField(_("host"), max_length=120)
    port = models.PositiveIntegerField(_("port"), validators=[MaxValueValidator(65535)])
    username = models.CharField(_("user name"), max_length=64, blank=True)
    password = models.CharField(_("password"), max_length=64, blank=True)
    system_type = models.CharField(_("system type"), max_length=13, blank=True)
    throughput_per_second = models.PositiveIntegerField(
        _("parts a second"),
        default=100,
        validators=[MinValueValidator(1)],
        help_text=_("5 to 10 % below the contract."),
    )
    window = models.PositiveSmallIntegerField(
        _("window"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Submits under way at a time; as many may be repeated when the link breaks."),
    )
    hex_message_ids = models.PositiveSmallIntegerField(
        _("message ids"),
        default=0,
        choices=[
            (0, _("as text")),
            (1, _("hex in answers")),
            (2, _("hex in receipts")),
            (3, _("hex in both")),
        ],
    )
    path = models.CharField(_("path of the send address (HTTP)"), max_length=200, blank=True)
    receipt_port = models.PositiveIntegerField(_("port for receipts (HTTP)"), null=True, blank=True)
    success_regex = models.CharField(_("answer means taken (HTTP)"), max_length=120, blank=True)
    refused_regex = models.CharField(_("answer means refused for good (HTTP)"), max_length=120, blank=True)
    message_id_regex = models.CharField(_("where the message id stands (HTTP)"), max_length=120, blank=True)
    is_enabled = models.BooleanField(_("in use"), default=True)

    # Live, written by the watch only.
    status = models.CharField(
        _("status"), max_length=13, choices=Status, default=Status.UNKNOWN, editable=False
    )
    status_since = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(_("last heard"), null=True, editable=False)
    queued = models.PositiveIntegerField(_("queued in Kannel"), default=0, editable=False)
    failed = models.PositiveIntegerField(_("failed in Kannel"), default=0, editable=False)
    sent = models.PositiveBigIntegerField(_("sent by Kannel"), default=0, editable=False)
    moved_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the operator last took or refused a message, or nothing waited.",
    )

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
