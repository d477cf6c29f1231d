from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from backoffice.customers.querysets import CustomerQuerySet, NumberKindQuerySet
from backoffice.lib.runs import Run


class Purpose(models.TextChoices):
    """Why we write to somebody; consent is given for a purpose (152-FZ, article 9; GDPR, article 6)."""

    MARKETING = "marketing", _("Offers and news")
    SERVICE = "service", _("Service messages")


class Customer(models.Model):
    """A person with a phone number. Personal data lives here and nowhere else; other tables refer by id."""

    class Gender(models.TextChoices):
        FEMALE = "f", _("Woman")
        MALE = "m", _("Man")
        UNKNOWN = "", _("Not known")

    external_id = models.CharField(_("number in the CRM"), max_length=64, unique=True)
    phone = models.CharField(_("phone number"), max_length=16, blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    middle_name = models.CharField(_("middle name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)
    tariff = models.CharField(_("tariff"), max_length=60, blank=True)
    segment = models.CharField(_("segment"), max_length=60, blank=True)
    loyalty_tier = models.CharField(_("loyalty level"), max_length=30, blank=True)
    loyalty_points = models.IntegerField(_("loyalty points"), default=0)
    balance = models.DecimalField(_("balance"), max_digits=12, decimal_places=2, default=Decimal(0))
    debt = models.DecimalField(_("debt"), max_digits=12, decimal_places=2, default=Decimal(0))
    registered_on = models.DateField(_("customer since"), null=True, blank=True)
    contract_ends_on = models.DateField(_("contract ends"), null=True, blank=True)
    last_purchase_on = models.DateField(_("last purchase"), null=True, blank=True)
    purchases_count = models.IntegerField(_("purchases"), default=0)
    spent_total = models.DecimalField(_("spent in all"), max_digits=14, decimal_places=2, default=Decimal(0))
    average_receipt = models.DecimalField(
        _("average receipt"), max_digits=12, decimal_places=2, default=Decimal(0)
    )
    last_visit_on = models.DateField(_("last visit"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=40, blank=True)
    device = models.CharField(_("device"), max_length=40, blank=True)
    manager = models.CharField(_("manager"), max_length=80, blank=True)
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, blank=True)
    attributes = models.JSONField(_("further attributes"), default=dict, blank=True)
    is_blocked = models.BooleanField(_("blocked: never write"), default=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = CustomerQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-id"]
        permissions = [
            ("reveal_customer", "Can see full phone numbers and names"),
            ("export_customer", "Can export customers"),
            ("import_customer", "Can import customers"),
        ]
        indexes = [
            models.Index(fields=["phone"], name="customer_phone"),
            GinIndex(OpClass(Upper("phone"), name="gin_trgm_ops"), name="customer_phone_trgm"),
            GinIndex(OpClass(Upper("last_name"), name="gin_trgm_ops"), name="customer_last_name_trgm"),
            GinIndex(OpClass(Upper("first_name"), name="gin_trgm_ops"), name="customer_first_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.external_id


class Consent(models.Model):
    """What a customer said about one purpose. A new answer supersedes the old row, which stays as history."""

    class State(models.TextChoices):
        GIVEN = "given", _("given")
        WITHDRAWN = "withdrawn", _("withdrawn")

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="consents", verbose_name=_("customer")
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    state = models.CharField(_("consent"), max_length=9, choices=State)
    since = models.DateTimeField(_("since"))
    source = models.CharField(
        _("source"), max_length=80, help_text=_("Where we have it from: a form, the CRM, an SMS answer.")
    )
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose"],
                condition=models.Q(superseded_at=None),
                include=["state"],
                name="current_consent",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_state_display()}"


class NumberKind(models.Model):
    """What line a phone number belongs to, for all but Russian mobile numbers, of which that is plain. See number_kinds.py."""

    class Kind(models.TextChoices):
        MOBILE = "mobile", _("mobile")
        LANDLINE = "landline", _("landline")
        FREE = "free", _("free of charge for the caller")
        PREMIUM = "premium", _("premium rate")
        SHARED = "shared", _("shared cost")
        PAGER = "pager", _("pager")
        OTHER = "other", _("other")
        UNKNOWN = "unknown", _("no number that exists")

    phone = models.CharField(_("phone number"), max_length=16, primary_key=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)

    objects = NumberKindQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return self.kind


class Action(models.Model):
    """Something a customer did that the CRM told us."""

    class Kind(models.TextChoices):
        PURCHASE = "purchase", _("purchase")
        VISIT = "visit", _("visit")
        PAYMENT = "payment", _("payment")
        COMPLAINT = "complaint", _("complaint")

    customer = models.ForeignKey(
        Customer,
        models.CASCADE,
        related_name="actions",
        verbose_name=_("customer"),
        db_index=False,  # an index of several columns begins with it
    )
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("when"))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2, null=True, blank=True)
    external_id = models.CharField(_("number in the CRM"), max_length=64, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        # Measured at 1.9 million customers and 20 million actions (1.6 GB), on a busy machine, so the ratios count.
        # action_kind_at (1.05 GB) is read alone, without the table, for every condition on a period:
        #   spent within 30 days 2.3 → 1.5 s, three purchases within 90 days 17 → 6 s, within 365 days > 60 → 15 s.
        # action_customer_kind_at (1.05 GB) instead of (customer, at) is for what is looked up customer by customer:
        #   such a condition alone among 50,000 customers 5.0 → 1.2 s, first purchase within 30 days 12 → 6 s.
        indexes = [
            models.Index(fields=["kind", "at"], include=["customer", "amount"], name="action_kind_at"),
            models.Index(
                fields=["customer", "kind", "at"], include=["amount"], name="action_customer_kind_at"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~models.Q(external_id=""), name="action_external_id"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"


class Contact(models.Model):
    """What our messages came to with one customer, so that conditions on them need not read the messages.

    Mailings and replies keep it, in sets. Each moment is the latest of its kind, so telling it again changes nothing.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="contact")
    last_sent_at = models.DateTimeField(null=True, help_text="When an operator last took a message to them.")
    last_delivered_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True, help_text="Not delivered, rejected or expired.")
    last_failure = models.CharField(max_length=60, blank=True, help_text="The operator's code or words then.")
    last_reply_at = models.DateTimeField(null=True)

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return str(self.customer_id)


class AttributeDefinition(models.Model):
    """One of the further attributes that the CRM sends, made known: with a type it can be used in conditions."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        FLAG = "flag", _("yes or no")
        DAY = "day", _("date")

    key = models.CharField(
        _("name in the CRM"),
        max_length=80,
        unique=True,
        help_text=_("Exactly as the CRM sends it, in capital or small letters as there."),
    )
    label = models.CharField(
        _("label"),
        max_length=80,
        unique=True,
        help_text=_("What colleagues call it, for example “Shoe size”."),
    )
    kind = models.CharField(_("type"), max_length=6, choices=Kind, default=Kind.TEXT)
    choices = models.CharField(
        _("possible values"),
        max_length=1_000,
        blank=True,
        help_text=_("Only for texts, separated by commas. Leave it empty if any text may come."),
    )

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label

    def names(self) -> list[str]:
        """The possible values, if they are limited."""
        return [name.strip() for name in self.choices.split(",") if name.strip()]


class ImportRun(Run):
    """One file of customers, from upload to its result."""

    class Empties(models.TextChoices):
        KEEP = "keep", _("keep what is there")
        EMPTY = "empty", _("empty it")

    empties = models.CharField(_("empty cells"), max_length=5, choices=Empties, default=Empties.KEEP)
    # What it would do: the counts of an Outlook, once they are known.
    outlook = models.JSONField(null=True, editable=False)
    source = models.CharField(_("source of consent"), max_length=80, default="file")
    added = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    doubled = models.PositiveIntegerField(_("doubled rows"), default=0)
    emptied = models.PositiveIntegerField(_("fields emptied"), default=0)
    conflicts = models.PositiveIntegerField(_("withdrawals and blocks kept"), default=0)
    not_mobile = models.PositiveIntegerField(_("not a mobile number"), default=0)
    # Whole rows of which something was not done, with the reason; not to be imported again.
    remarks = models.FileField(upload_to="imports/", blank=True, default="")

    class Meta(Run.Meta):
        verbose_name = _("import")
        verbose_name_plural = _("imports")
