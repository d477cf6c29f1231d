from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from kannel.models.adapters import Adapter
from kannel.models.drafts import Drafted
from kannel.models.gateways import IS_PORT, Gateway
from kannel.models.names import is_kannel_id
from kannel.secret_field import SecretField

TYPES_OF_NUMBER = [
    (0, _("unknown")),
    (1, _("international")),
    (2, _("national")),
    (3, _("network specific")),
    (4, _("subscriber number")),
    (5, _("letters")),
    (6, _("abbreviated")),
]
NUMBERING_PLANS = [
    (0, _("unknown")),
    (1, _("ISDN (E.163, E.164)")),
    (3, _("data (X.121)")),
    (4, _("telex")),
    (6, _("land mobile (E.212)")),
    (8, _("national")),
    (9, _("private")),
    (10, _("ERMES")),
    (14, _("Internet")),
    (18, _("WAP client")),
]
# Names of iconv that operators ask for; anything else would reach Kannel unchecked.
ALPHABETS = [
    ("", _("GSM 03.38 (usual)")),
    ("ISO-8859-1", _("Latin-1 (ISO-8859-1): has no € sign")),
    ("ISO-8859-15", _("Latin-9 (ISO-8859-15)")),
    ("windows-1252", _("Windows-1252")),
    ("UTF-8", _("UTF-8")),
    ("ASCII", _("ASCII")),
]


# Where its messages and its password go.
ADDRESS = ("host", "port", "use_tls")


def _between(least: int, most: int) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class Connection(Drafted):
    """One account at an operator: one Kannel smsc group, or as many as it has binds. All carry the same smsc-id."""

    class Kind(models.TextChoices):
        SMPP = "smpp", _("SMPP")
        HTTP = "http", _("HTTP")
        ADAPTER = "adapter", _("HTTP through an adapter")

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
        help_text=_(
            "Latin letters, digits, - and _. It cannot be changed later: receipts under way carry it."
        ),
    )
    account = models.CharField(
        _("shared account"),
        max_length=32,
        blank=True,
        default="",
        validators=[is_kannel_id],
        help_text=_(
            "Only where one account at the operator has connections on several gateways: the same word for all of them. "
            "Then a receipt finds its message wherever it comes in. It cannot be changed later."
        ),
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    is_test = models.BooleanField(
        _("for tests only"),
        default=False,
        help_text=_("It carries nothing but test messages. No mailing is routed over it."),
    )
    host = models.CharField(
        _("host"), max_length=120, help_text=_("Name or address of the operator's server.")
    )
    port = models.PositiveIntegerField(_("port"), validators=IS_PORT)
    username = models.CharField(_("user name"), max_length=64, blank=True)
    password = SecretField(_("password"), blank=True, default="")
    system_type = models.CharField(
        _("system type"),
        max_length=12,
        blank=True,
        help_text=_("Leave it empty unless the operator names one."),
    )
    use_tls = models.BooleanField(
        _("encrypted (TLS)"),
        default=False,
        help_text=_(
            "Without an adapter nobody checks whose certificate it is: over the open Internet use a tunnel as well."
        ),
    )
    binds = models.PositiveSmallIntegerField(
        _("binds"),
        default=1,
        validators=_between(1, 10),
        help_text=_("How many binds the contract allows us here. They share the parts a second below."),
    )
    throughput_per_second = models.PositiveIntegerField(
        _("parts a second"),
        default=100,
        validators=_between(1, 10_000),
        help_text=_("5 to 10 % below the contract, for all binds of this connection together."),
    )
    window = models.PositiveSmallIntegerField(
        _("window"),
        default=10,
        validators=_between(1, 100),
        help_text=_(
            "Submits under way at a time on each bind; as many may be repeated when the link breaks."
        ),
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
        help_text=_("With the wrong one no receipt finds its message. The operator's description says it."),
    )

    # SMPP, for experts.
    interface_version = models.PositiveSmallIntegerField(
        _("SMPP version"), default=34, choices=[(33, "3.3"), (34, "3.4"), (50, "5.0")]
    )
    service_type = models.CharField(_("service type"), max_length=5, blank=True)
    source_ton = models.PositiveSmallIntegerField(
        _("sender: type of number"), null=True, blank=True, choices=TYPES_OF_NUMBER
    )
    source_npi = models.PositiveSmallIntegerField(
        _("sender: numbering plan"), null=True, blank=True, choices=NUMBERING_PLANS
    )
    source_autodetect = models.BooleanField(
        _("tell senders of letters from numbers"),
        default=True,
        help_text=_("Letters go out as type 5, numbers with + as type 1, whatever is chosen above."),
    )
    dest_ton = models.PositiveSmallIntegerField(
        _("recipient: type of number"), null=True, blank=True, choices=TYPES_OF_NUMBER
    )
    dest_npi = models.PositiveSmallIntegerField(
        _("recipient: numbering plan"), null=True, blank=True, choices=NUMBERING_PLANS
    )
    bind_ton = models.PositiveSmallIntegerField(_("bind: type of number"), default=0, choices=TYPES_OF_NUMBER)
    bind_npi = models.PositiveSmallIntegerField(_("bind: numbering plan"), default=0, choices=NUMBERING_PLANS)
    address_range = models.CharField(
        _("bind: address range"), max_length=40, blank=True, help_text=_("Digits only. Nearly always empty.")
    )
    alphabet = models.CharField(
        _("alphabet of plain texts"), max_length=16, blank=True, default="", choices=ALPHABETS
    )
    priority = models.PositiveSmallIntegerField(_("priority"), default=0, validators=_between(0, 3))
    validity_minutes = models.PositiveIntegerField(
        _("validity, minutes"),
        null=True,
        blank=True,
        validators=_between(1, 10_080),
        help_text=_("For messages that bring no validity of their own. Ours always do."),
    )
    enquire_link_seconds = models.PositiveSmallIntegerField(
        _("ask whether the link lives each, seconds"), default=10, validators=_between(5, 600)
    )
    silence_seconds = models.PositiveSmallIntegerField(
        _("connect again after a silence of, seconds"), default=300, validators=_between(30, 3600)
    )
    reconnect_seconds = models.PositiveSmallIntegerField(
        _("wait before connecting again, seconds"), default=3, validators=_between(1, 600)
    )
    answer_seconds = models.PositiveSmallIntegerField(
        _("look for missing answers each, seconds"), default=60, validators=_between(10, 3600)
    )
    our_address = models.GenericIPAddressField(
        _("our own address"),
        protocol="IPv4",
        null=True,
        blank=True,
        help_text=_("Only where the gateway has several and the operator expects one of them."),
    )

    # HTTP through an adapter.
    adapter = models.ForeignKey(
        Adapter,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="connections",
        verbose_name=_("adapter"),
        help_text=_("It knows how this sort of operator wants to be asked, and what its answers mean."),
    )

    # HTTP.
    path = models.CharField(
        _("path of the send address"),
        max_length=200,
        blank=True,
        help_text=_(
            "For example /send. Kannel adds the parameters to, from, text, coding, udh and dlr-mask."
        ),
    )
    receipt_port = models.PositiveIntegerField(
        _("port for receipts"),
        null=True,
        blank=True,
        validators=IS_PORT,
        help_text=_(
            "The operator calls the gateway there; with an adapter Parley does. Each connection needs its own."
        ),
    )
    receipt_addresses = models.CharField(
        _("addresses receipts come from"),
        max_length=200,
        blank=True,
        default="127.0.0.1",
        help_text=_("IPv4 addresses of the operator, with semicolons between them. Nobody else may call."),
    )
    success_regex = models.CharField(
        _("answer means taken"),
        max_length=120,
        blank=True,
        help_text=_("A regular expression, for example ^OK for answers that begin with OK."),
    )
    refused_regex = models.CharField(
        _("answer means refused for good"),
        max_length=120,
        blank=True,
        help_text=_("All other answers count as “try again later”."),
    )
    message_id_regex = models.CharField(
        _("where the message id stands"),
        max_length=120,
        blank=True,
        help_text=_("A regular expression with the id in brackets, for example ^OK ([0-9A-F]+)."),
    )
    is_enabled = models.BooleanField(
        _("in use"),
        default=True,
        help_text=_("To take it out of Kannel: first nothing more is sent over it, then its queue runs dry."),
    )

    # Live, written by the watch only.
    status = models.CharField(
        _("status"), max_length=13, choices=Status, default=Status.UNKNOWN, editable=False
    )
    status_since = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(_("last heard"), null=True, editable=False)
    queued = models.PositiveIntegerField(_("queued in Kannel"), default=0, editable=False)
    failed = models.PositiveIntegerField(_("failed in Kannel"), default=0, editable=False)
    sent = models.PositiveBigIntegerField(_("sent by Kannel"), default=0, editable=False)
    receipts = models.PositiveBigIntegerField(_("receipts taken by Kannel"), default=0, editable=False)
    bind_states = models.JSONField(
        default=list, editable=False, help_text="Each bind: name, status, since (ISO), queued, sent, failed."
    )
    fault = models.CharField(max_length=20, blank=True, editable=False, help_text="See kannel.diagnosis.")
    fault_at = models.DateTimeField(null=True, editable=False)
    moved_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the operator last took or refused a message, or nothing waited.",
    )

    # For lib.deleting: measurements and tests of the line itself; whatever else refers to it keeps it.
    deleted_with = (
        "kannel.sample.connection",
        "kannel.testmessage.connection",
        "operators.standing.connection",
        "mailings.cohort.connection",
    )

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def smsc_id(self) -> str:
        """What Kannel keeps receipts under, and names in reports: all lines of an account have the same."""
        return self.account or self.name

    @property
    def leads_elsewhere(self) -> bool:
        """Whether the draft sends messages and password of a line that was in use to another address than before."""
        has_run = self.is_enabled or self.status_since is not None or self.seen_at is not None
        return has_run and any(name in self.drafted for name in ADDRESS)

    def bind_names(self) -> list[str]:
        """The smsc-admin-id of each bind: the name itself for one, name_1 and so on for several."""
        if self.binds <= 1:
            return [self.name]
        return [f"{self.name}_{number}" for number in range(1, self.binds + 1)]
