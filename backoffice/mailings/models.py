from datetime import time, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer, Purpose
from backoffice.lib.amounts import PRICE_PLACES, SMALLEST_PRICE
from backoffice.lib.said import SentenceField, in_readers_language
from backoffice.mailings.approval_models import Approval, ApprovalMail, ApprovalRules
from backoffice.mailings.compare_models import Comparing, check_comparing
from backoffice.mailings.contact_rules import ContactRules, cap_words
from backoffice.mailings.failing_models import Cohort, Move, PausedPart
from backoffice.mailings.hours import NEVER, Hours
from backoffice.mailings.link_models import Click, ShortLink
from backoffice.mailings.querysets import MailingQuerySet, MessageQuerySet
from backoffice.mailings.rehearsal_models import Rehearsal
from backoffice.mailings.repeat_models import Repeating, check_repeating
from backoffice.mailings.route_models import Carried, RouteChoice, WhatIf
from backoffice.mailings.speed_models import SpeedLimit
from backoffice.mailings.spending_models import Spending
from backoffice.mailings.trial_models import Trial
from backoffice.mailings.trigger_models import Occasion, Triggered, check_trigger
from backoffice.mailings.unfinished_models import UnfinishedMailing
from backoffice.message_templates.models import MessageTemplate
from backoffice.operators.senders import is_sender
from kannel.models import Connection

__all__ = [
    "Approval",
    "ApprovalMail",
    "ApprovalRules",
    "Carried",
    "Click",
    "Cohort",
    "LaunchOrder",
    "Mailing",
    "Message",
    "Move",
    "Occasion",
    "PausedPart",
    "PeriodicRun",
    "Rehearsal",
    "RouteChoice",
    "ShortLink",
    "SpeedLimit",
    "Spending",
    "Trial",
    "UnfinishedMailing",
    "WhatIf",
    "is_sender",
]


# What a mailing may cost more than its plan where nobody said otherwise, because another operator has to carry it.
EXTRA_PERCENT = 20
LONGEST_SPREAD_HOURS = 24 * 366


class Mailing(Repeating, Triggered, Comparing, models.Model):
    """Template + audience + schedule + rules. Its states change only in lifecycle.py and run_steps.py."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PLANNING = "planning", _("being planned")
        PLANNED = "planned", _("planned")
        SUBMITTED = "submitted", _("waiting for approval")
        APPROVED = "approved", _("approved")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        FINISHED = "finished", _("finished")
        CANCELLED = "cancelled", _("cancelled")

    class Priority(models.IntegerChoices):
        LOW = 0, _("when there is room")
        NORMAL = 1, _("normal")
        HIGH = 2, _("before others")
        URGENT = 3, _("at once")

    class UncertainPolicy(models.TextChoices):
        WAIT = "wait", _("wait for a sign of it")
        GIVE_UP = "give_up", _("count it as failed")
        SEND_AGAIN = "send_again", _("send it again, at the risk of a repeat")

    name = models.CharField(_("name"), max_length=120)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, default=Purpose.MARKETING)
    template = models.ForeignKey(MessageTemplate, models.PROTECT, related_name="+", verbose_name=_("text"))
    audience = models.ForeignKey(Audience, models.PROTECT, related_name="+", verbose_name=_("audience"))
    sender = models.CharField(_("sender"), max_length=15, validators=[is_sender], default="Parley")
    starts_at = models.DateTimeField(
        _("starts"), null=True, blank=True, help_text=_("Empty: as soon as it is approved.")
    )
    ends_at = models.DateTimeField(
        _("ends"), null=True, blank=True, help_text=_("Nothing is sent later. Empty: a day after the start.")
    )
    by_own_clock = models.BooleanField(
        _("start and end by each customer's own clock"),
        default=False,
        help_text=_(
            "10:00 is 10:00 where the customer lives. Customers without a time zone go by the company's clock."
        ),
    )
    spread_hours = models.PositiveSmallIntegerField(
        _("spread over so many hours"),
        default=0,
        validators=[MaxValueValidator(24 * 31)],
        help_text=_(
            "Messages leave evenly over this time, within the permitted hours. 0: as fast as operators take them."
        ),
    )
    local_from = models.TimeField(
        _("not before"),
        default=time(10),
        help_text=_("In each customer's own time zone. Same as the end: at any hour."),
    )
    local_to = models.TimeField(
        _("not after"), default=time(21), help_text=_("In each customer's own time zone.")
    )
    validity = models.DurationField(_("worth delivering for"), default=timedelta(hours=12))
    priority = models.SmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    holdout_percent = models.PositiveSmallIntegerField(
        _("hold-out, %"),
        default=0,
        validators=[MaxValueValidator(50)],
        help_text=_("So many are deliberately not written to, so that the effect can be measured."),
    )
    cap_messages = models.PositiveSmallIntegerField(
        _("at most messages"),
        default=0,
        help_text=_("To one customer, of the same purpose; 0: only the rules for everybody apply."),
    )
    cap_days = models.PositiveSmallIntegerField(_("within days"), default=7)
    budget = models.DecimalField(_("budget"), max_digits=14, decimal_places=2, null=True, blank=True)
    max_price = models.DecimalField(
        _("a message costs at most"),
        max_digits=14,
        decimal_places=PRICE_PLACES,
        null=True,
        blank=True,
        validators=[MinValueValidator(SMALLEST_PRICE)],
        help_text=_(
            "With all its parts. A dearer one goes over a cheaper operator or, if there is none, is left out. Empty: no limit."
        ),
    )
    extra_percent = models.PositiveSmallIntegerField(
        _("at most so many % more than planned"),
        default=EXTRA_PERCENT,
        validators=[MaxValueValidator(500)],
        help_text=_(
            "If an operator fails, another one may cost more. 0: then its messages wait, or go for less."
        ),
    )
    uncertain_policy = models.CharField(
        _("when nobody can say whether it left"),
        max_length=10,
        choices=UncertainPolicy,
        default=UncertainPolicy.WAIT,
    )

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    state_at = models.DateTimeField(auto_now_add=True)
    problem = SentenceField(
        max_length=400, blank=True, editable=False, help_text="Why it stopped, for the reader."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("author")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    planned_at = models.DateTimeField(null=True, editable=False)
    planned_audience = models.JSONField(
        default=dict, editable=False, help_text="What it was planned with: Audience.snapshot()."
    )
    planned_count = models.PositiveIntegerField(
        null=True, editable=False, help_text="Rows of the plan when it was frozen."
    )
    planned_cost = models.DecimalField(
        max_digits=18, decimal_places=PRICE_PLACES, default=Decimal(0), editable=False
    )
    currency = models.CharField(max_length=3, default=settings.CURRENCY, editable=False)
    plan_digest = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Sum over the rows of the plan, see planning.digest.",
    )
    content_hash = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Of what was submitted; sending needs a launch order of it.",
    )
    time_zones = ArrayField(
        models.CharField(max_length=40),
        default=list,
        editable=False,
        help_text="Of the customers when it was planned.",
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    author_note = models.CharField(
        max_length=400,
        blank=True,
        editable=False,
        help_text="What whoever submitted it says to the approver.",
    )
    first_at = models.DateTimeField(
        null=True, editable=False, help_text="When it begins in the first zone, if each has its own start."
    )
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = MailingQuerySet.as_manager()

    # Ids of those who wrote it, where a page has read them: four_eyes.show_writers.
    shown_writers: set[int] | None = None

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["series", "run_at"], name="one_run_for_a_moment")]
        permissions = [
            ("submit_mailing", "Can plan and submit mailings for approval"),
            ("approve_mailing", "Can approve mailings of others"),
            ("control_mailing", "Can pause, resume and cancel mailings"),
            ("view_report", "Can see reports"),
            ("export_message", "Can export messages"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audience_sentence(self) -> str:
        """Who gets it: by its plan, and while it has none by the audience as it is."""
        if self._keeps_audience:
            return in_readers_language(self.planned_audience["sentence"])
        return self.audience.sentence()

    @property
    def audience_has_changed(self) -> bool:
        """Whether planning it again would choose by other conditions than those of its plan."""
        return self._keeps_audience and not self.audience.is_as_in(self.planned_audience)

    @property
    def _keeps_audience(self) -> bool:
        # A draft may have been given another audience after its last plan.
        return self.planned_count is not None and self.planned_audience.get("id") == self.audience_id

    def clean(self) -> None:
        super().clean()
        if self.local_from > self.local_to:
            raise ValidationError(
                {"local_to": _("The evening must come after the morning, for example 10:00 to 21:00.")}
            )
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValidationError({"ends_at": _("The end must come after the start.")})
        # What its field refuses as too much comes here, too.
        length = timedelta(hours=min(self.spread_hours or 0, LONGEST_SPREAD_HOURS))
        if self.starts_at and self.ends_at and self.starts_at + length > self.ends_at:
            raise ValidationError({"spread_hours": _("This does not fit between the start and the end.")})
        rules = ContactRules.of(self.purpose)
        allowed = Hours(self.local_from, self.local_to) & rules.hours
        if allowed == NEVER:
            raise ValidationError(
                {
                    "local_to": _("The rules for everybody forbid these hours: %(rule)s")
                    % {"rule": rules.hours_words()}
                }
            )
        check_trigger(self)
        check_comparing(self)
        if self.is_series:
            check_repeating(self, allowed)
        if 0 < rules.cap_messages <= self.cap_messages and self.cap_days <= rules.cap_days:
            raise ValidationError(
                {
                    "cap_messages": _(
                        "This changes nothing, because of the rules for everybody: %(cap)s "
                        "Give a stricter limit, or 0 to leave it at that."
                    )
                    % {"cap": cap_words(rules.cap_messages, rules.cap_days)}
                }
            )


class LaunchOrder(models.Model):
    """Who asked for what exactly, and who approved it. Never changed: a trigger refuses. Sending needs one that fits."""

    mailing = models.ForeignKey(Mailing, models.CASCADE, related_name="launch_orders")
    series_order = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        related_name="+",
        help_text="Of a run: the approval of its series, which is its own.",
    )
    content = models.JSONField(help_text="What was approved, as it was shown.")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the canonical JSON of content.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(auto_now_add=True)
    first_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Where it took two approvers: the one before.",
    )
    comment = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(requested_by=models.F("approved_by")), name="two_people_launch"
            ),
            models.CheckConstraint(
                condition=~models.Q(first_approved_by=models.F("approved_by"))
                & ~models.Q(first_approved_by=models.F("requested_by")),
                name="two_approvers_differ",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.content_hash[:12]}"


class Message(models.Model):
    """One SMS to one customer, with its whole life. Partitioned by month through its id (kannel.monthly).

    Its text is frozen by the plan; the phone number is not here: it is read from the customer when the message leaves.
    """

    class State(models.TextChoices):
        EXCLUDED = "excluded", _("excluded")
        HELD_OUT = "held_out", _("held out")
        WAITING = "waiting", _("waiting")
        SUBMITTING = "submitting", _("being handed over")
        UNCERTAIN = "uncertain", _("uncertain")
        ACCEPTED = "accepted", _("accepted by Kannel")
        SENT = "sent", _("on the way")
        DELIVERED = "delivered", _("delivered")
        UNDELIVERED = "undelivered", _("not delivered")
        REJECTED = "rejected", _("rejected by the operator")
        EXPIRED = "expired", _("expired")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Reason(models.TextChoices):
        OPTED_OUT = "opted_out", _("opted out")
        NO_CONSENT = "no_consent", _("no consent")
        EXCLUDED_LIST = "excluded_list", _("on a list of customers never to write to")
        FOR_WINNER = "for_winner", _("gets the text that does best, later")
        UNREACHABLE = "unreachable", _("nothing arrives at this number")
        OTHER_MAILING = "other_mailing", _("another mailing reaches them on the same day")
        CAPPED = "capped", _("had enough messages lately")
        DUPLICATE = "duplicate", _("same number as another recipient")
        INVALID_NUMBER = "invalid_number", _("no valid number")
        NOT_MOBILE = "not_mobile", _("not a mobile number")
        NO_ROUTE = "no_route", _("no operator reaches this number")
        EMPTY_TEXT = "empty_text", _("the text would be empty")
        TOO_DEAR = "too_dear", _("it would cost more than a message may")
        OUT_OF_HOURS = "out_of_hours", _("no permitted hour before the end")
        WINDOW_CLOSED = "window_closed", _("the time to send was over")
        NO_RECEIPT = "no_receipt", _("no receipt came in time")
        REFUSED = "refused", _("Kannel refused it")
        GIVEN_UP = "given_up", _("nobody can say whether it left")
        AGAIN = "again", _("it is sent again")

    id = models.BigIntegerField(primary_key=True)
    mailing = models.ForeignKey(Mailing, models.DO_NOTHING, related_name="messages", db_constraint=False)
    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="messages", db_constraint=False)
    connection = models.ForeignKey(
        Connection, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    route = models.ForeignKey(
        RouteChoice,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        help_text="Price and reason of its way.",
    )
    template = models.ForeignKey(
        MessageTemplate,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        help_text="Of several texts that are compared, this one's.",
    )
    state = models.CharField(max_length=12, choices=State)
    reason = models.CharField(max_length=16, choices=Reason, blank=True)
    text = models.TextField(blank=True)
    coding = models.SmallIntegerField(default=0, help_text="0 GSM 03.38, 2 UCS-2, as Kannel counts.")
    parts = models.SmallIntegerField(default=0)
    cost = models.DecimalField(
        max_digits=16,
        decimal_places=PRICE_PLACES,
        default=Decimal(0),
        help_text="parts x price of a part, volume steps included",
    )
    earliest_at = models.DateTimeField(null=True)
    latest_at = models.DateTimeField(null=True, help_text="The operator's validity ends here, too.")
    attempt = models.SmallIntegerField(default=0)
    state_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(
        null=True, help_text="When the operator took it: from here on it costs money."
    )
    final_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True, help_text="The operator's code or words.")

    objects = MessageQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        managed = False
        db_table = "mailings_message"
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class SentHistory(models.Model):
    """What was sent to one customer, in the order of time; conditions on a period read two elements instead of messages.

    Kept by receipts in sets, see sent_history.py. Element n belongs to the n-th message.
    """

    customer = models.OneToOneField(
        Customer, models.CASCADE, primary_key=True, related_name="sent_history", verbose_name=_("customer")
    )
    sent_seconds = ArrayField(
        models.IntegerField(),
        default=list,
        help_text="When each was sent, in seconds since the start of 2020.",
    )
    parts_so_far = ArrayField(
        models.IntegerField(), default=list, help_text="Parts of all messages up to each."
    )
    cost_so_far = ArrayField(
        models.BigIntegerField(), default=list, help_text="Their cost, in 1/1 000 000 of the currency."
    )

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return str(self.customer_id)


class PeriodicRun(models.Model):
    """One row for each minute in which a periodic task ran: two schedulers cannot run it twice."""

    task = models.CharField(max_length=40)
    minute = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "minute"], name="once_a_minute")]

    def __str__(self) -> str:
        return f"{self.task} {self.minute:%Y-%m-%d %H:%M}"
