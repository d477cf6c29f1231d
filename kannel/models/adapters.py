"""What one sort of operator API looks like: how a message is written for it, and what its answers mean. No secrets."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Adapter(models.Model):
    """A shape that several connections may share: whom they call, and as whom, each connection says itself."""

    class Method(models.TextChoices):
        POST = "POST", "POST"
        PUT = "PUT", "PUT"
        GET = "GET", "GET"

    class Authentication(models.TextChoices):
        NONE = "none", _("none, or in the templates below")
        BASIC = "basic", _("user name and password (basic)")
        BEARER = "bearer", _("token: Authorization: Bearer …")

    class Body(models.TextChoices):
        JSON = "json", _("JSON")
        FORM = "form", _("form")
        XML = "xml", _("XML")
        NONE = "none", _("nothing, all is in the address")

    class Answer(models.TextChoices):
        JSON = "json", _("JSON")
        XML = "xml", _("XML")
        FORM = "form", _("form")
        TEXT = "text", _("plain text")

    class Played(models.TextChoices):
        """The simulated operators that an adapter can be tried with."""

        FORM = "form", _("one with forms and a password (as Twilio)")
        JSON = "json", _("one with JSON and a token (as Infobip)")
        XML = "xml", _("one with XML (as TargetSMS)")

    name = models.CharField(_("name"), max_length=60, unique=True)
    played_by = models.CharField(_("simulated operator to try it with"), max_length=4, choices=Played)

    method = models.CharField(_("method"), max_length=4, choices=Method, default=Method.POST)
    path = models.CharField(
        _("path"),
        max_length=300,
        help_text=_("Begins with /. Host and port belong to the connection."),
    )
    authentication = models.CharField(
        _("who we are"), max_length=6, choices=Authentication, default=Authentication.BASIC
    )
    token_path = models.CharField(
        _("path that gives tokens"),
        max_length=300,
        blank=True,
        default="",
        help_text=_("Empty: the password of the connection is the token, or there is none."),
    )
    token_body = models.TextField(
        _("body that asks for a token"),
        blank=True,
        default="",
        help_text=_("A form, one Name={username} a line, or JSON."),
    )
    token_at = models.CharField(
        _("the token stands at"),
        max_length=120,
        blank=True,
        default="",
        help_text=_(
            "For example access_token. It is asked for again before its end, which stands at expires_in."
        ),
    )
    headers = models.TextField(
        _("further headers"),
        blank=True,
        default="",
        help_text=_("One a line, for example: Authorization: App {password}"),
    )
    body_kind = models.CharField(_("body"), max_length=4, choices=Body, default=Body.JSON)
    body = models.TextField(
        _("template of the body"),
        blank=True,
        default="",
        help_text=_("JSON and XML as the operator's description shows them. A form: Name={to}, one a line."),
    )
    answer_seconds = models.PositiveSmallIntegerField(
        _("wait for the answer, seconds"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_(
            "Later than that nobody knows whether the operator has the message. It is not sent again."
        ),
    )

    answer_kind = models.CharField(_("the answer is"), max_length=4, choices=Answer, default=Answer.JSON)
    taken_when = models.TextField(
        _("taken when"), help_text=_("One condition a line; one that fits is enough.")
    )
    later_when = models.TextField(
        _("try again later when"),
        blank=True,
        default="",
        help_text=_("Only where the operator has certainly not taken it: it is sent again after 15 seconds."),
    )
    refused_when = models.TextField(
        _("refused for good when"),
        blank=True,
        default="",
        help_text=_("An answer that fits none of the three counts as unknown and is not sent again."),
    )
    account_when = models.TextField(
        _("our account is refused when"),
        blank=True,
        default="",
        help_text=_(
            "The line becomes red and nothing leaves over it. Empty: when the HTTP status is 401 or 403."
        ),
    )
    money_when = models.TextField(
        _("the money is used up when"),
        blank=True,
        default="",
        help_text=_("The line becomes red, too. Empty: when the HTTP status is 402."),
    )
    id_at = models.CharField(
        _("the operator's id stands at"), max_length=200, help_text=_("Receipts carry it, too.")
    )
    reason_at = models.CharField(_("the reason stands at"), max_length=200, blank=True, default="")
    balance_at = models.CharField(
        _("our balance stands at"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("Shown with the state of the line."),
    )
    price_at = models.CharField(
        _("the price of the message stands at"), max_length=200, blank=True, default=""
    )

    receipt_kind = models.CharField(_("a receipt is"), max_length=4, choices=Answer, default=Answer.JSON)
    receipts_at = models.CharField(
        _("receipts stand at"),
        max_length=120,
        blank=True,
        default="",
        help_text=_("Where one call carries several. Empty: one call is one receipt."),
    )
    receipt_id_at = models.CharField(_("its id stands at"), max_length=200)
    receipt_state_at = models.CharField(_("its state stands at"), max_length=120)
    delivered_when = models.CharField(
        _("delivered when the state is"), max_length=200, help_text=_("Several: with | between them.")
    )
    undelivered_when = models.CharField(_("not delivered when it is"), max_length=200)
    expired_when = models.CharField(_("expired when it is"), max_length=200, blank=True, default="")
    receipt_error_at = models.CharField(_("the error code stands at"), max_length=120, blank=True, default="")
    receipt_header = models.CharField(
        _("header with our secret"),
        max_length=60,
        blank=True,
        default="",
        help_text=_("Empty: the secret is the last part of the address that the operator calls."),
    )
    receipt_answer = models.CharField(
        _("what we answer to a receipt"), max_length=200, blank=True, default="OK"
    )

    inbound_kind = models.CharField(
        _("a customer's message is"), max_length=4, choices=Answer, default=Answer.JSON
    )
    inbound_at = models.CharField(
        _("messages stand at"),
        max_length=120,
        blank=True,
        default="",
        help_text=_("Where one call carries several. Empty: one call is one message."),
    )
    inbound_from_at = models.CharField(
        _("the customer's number stands at"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("Empty, like the text: no messages of customers come over this operator."),
    )
    inbound_text_at = models.CharField(_("its text stands at"), max_length=200, blank=True, default="")
    inbound_to_at = models.CharField(
        _("the number written to stands at"), max_length=200, blank=True, default=""
    )
    inbound_id_at = models.CharField(
        _("the operator's id of it stands at"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("With it a message that the operator brings twice is taken once."),
    )
    inbound_answer = models.CharField(_("what we answer to it"), max_length=200, blank=True, default="OK")

    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("adapter")
        verbose_name_plural = _("adapters")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
