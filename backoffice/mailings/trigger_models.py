"""What lets a mailing that repeats write to somebody: an occasion in the life of that customer, once."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Action, Customer

if TYPE_CHECKING:
    from backoffice.mailings.models import Mailing

MAX_DAYS = 366


class Trigger(models.TextChoices):
    """The kinds of occasions; the empty one is none."""

    NOTHING = "", _("none: to the whole audience, each time")
    BIRTHDAY = "birthday", _("the customer's birthday")
    CONTRACT_END = "contract_end", _("so many days before the contract ends")
    ACTION = "action", _("so many days after the customer did something")
    NO_REPLY = "no_reply", _("so many days after another mailing, without a reply")


class Triggered(models.Model):
    """The part of a mailing that is about occasions."""

    trigger = models.CharField(
        _("occasion"), max_length=12, choices=Trigger, default=Trigger.NOTHING, blank=True
    )
    trigger_days = models.PositiveSmallIntegerField(
        _("days before or after"), default=0, validators=[MaxValueValidator(MAX_DAYS)]
    )
    trigger_action = models.CharField(
        _("what the customer did"), max_length=20, choices=Action.Kind, blank=True
    )
    trigger_mailing = models.ForeignKey(
        "mailings.Mailing",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("the other mailing"),
        help_text=_("Of one that repeats every run counts."),
    )

    class Meta:
        abstract = True


class Occasion(models.Model):
    """A customer was written to, or held out, on an occasion. Rows are written in sets by the plan of a run."""

    series = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    occasion = models.CharField(
        max_length=40, help_text="Its kind, and what tells it from others of its kind."
    )
    run = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="occasions")

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "customer", "occasion"], name="once_on_an_occasion")
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.customer_id} {self.occasion}"


def trigger_words(mailing: "Mailing") -> str:
    """To whom of the audience it goes, as a sentence; empty if to all of it."""
    days = mailing.trigger_days
    words = {
        "days": days,
        "action": mailing.get_trigger_action_display().lower(),
        "mailing": mailing.trigger_mailing,
    }
    sentences = {
        Trigger.NOTHING: "",
        Trigger.BIRTHDAY: gettext("To customers on their birthday."),
        Trigger.CONTRACT_END: ngettext(
            "To customers whose contract ends in %(days)s day.",
            "To customers whose contract ends in %(days)s days.",
            days,
        ),
        Trigger.ACTION: ngettext(
            "To customers %(days)s day after this: %(action)s.",
            "To customers %(days)s days after this: %(action)s.",
            days,
        ),
        Trigger.NO_REPLY: ngettext(
            "To customers who got “%(mailing)s” %(days)s day ago and did not reply.",
            "To customers who got “%(mailing)s” %(days)s days ago and did not reply.",
            days,
        ),
    }
    return sentences[Trigger(mailing.trigger)] % words


def check_trigger(mailing: "Mailing") -> None:
    """:raises ValidationError: if an occasion is not described completely."""
    if not mailing.trigger:
        return
    problems = {
        "repeats": not (mailing.is_series or mailing.series_id)
        and gettext("Choose how often it looks for such customers, for example every day."),
        "trigger_action": mailing.trigger == Trigger.ACTION
        and not mailing.trigger_action
        and gettext("Choose what the customer did."),
        "trigger_mailing": mailing.trigger == Trigger.NO_REPLY
        and not mailing.trigger_mailing_id
        and gettext("Choose the other mailing."),
    }
    if mailing.trigger == Trigger.NO_REPLY and mailing.pk and mailing.trigger_mailing_id == mailing.pk:
        problems["trigger_mailing"] = gettext("Choose another mailing than this one.")
    if found := {name: problem for name, problem in problems.items() if problem}:
        raise ValidationError(found)
