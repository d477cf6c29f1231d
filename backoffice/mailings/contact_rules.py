"""How often and whom the company writes to at all: one row for each purpose, whatever the audience of a mailing."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.formats import time_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Purpose
from backoffice.lib.per_request import read_once
from backoffice.mailings.hours import EVERY_DAY, MIDNIGHT, Hours
from backoffice.mailings.weekdays import WeekdaysField, every_day, names

# A year: what is older says nothing about how somebody feels today, and the messages may be deleted by then.
MAX_DAYS = 366

# Offers: what good manners suggest. Service messages are owed to the customer, so nothing but a refusal stops them.
DEFAULTS: dict[str, dict[str, Any]] = {
    Purpose.MARKETING: {
        "cap_messages": 2,
        "cap_days": 7,
        "one_mailing_a_day": True,
        "unreachable_days": 30,
        "local_from": time(10),
        "local_to": time(21),
        "weekdays": [1, 2, 3, 4, 5, 6],
    },
    Purpose.SERVICE: {"cap_messages": 0, "cap_days": 7, "one_mailing_a_day": False, "unreachable_days": 0},
}


class ContactRules(models.Model):
    """The rules for everybody for one purpose. Opt-out, invalid numbers and blocked customers are no setting: always left out."""

    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, unique=True, editable=False)
    needs_consent = models.BooleanField(
        _("only to those who agreed"),
        default=True,
        help_text=_("Whoever refused is never written to, whatever stands here."),
    )
    leaves_out_lists = models.BooleanField(
        _("not to those on a list of customers never to write to"), default=True
    )
    unreachable_days = models.PositiveSmallIntegerField(
        _("not if nothing arrived for so many days"),
        default=0,
        validators=[MaxValueValidator(MAX_DAYS)],
        help_text=_(
            "Numbers where the last message failed and nothing was delivered for so long. 0: no limit."
        ),
    )
    retry_days = models.PositiveSmallIntegerField(
        _("such a number is tried again after so many days"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_DAYS)],
        help_text=_("People change their SIM cards, and numbers get new owners."),
    )
    one_mailing_a_day = models.BooleanField(
        _("not if another mailing with this purpose reaches them on the same day"), default=False
    )
    cap_messages = models.PositiveSmallIntegerField(
        _("at most so many messages"),
        default=0,
        help_text=_("To one customer, of this purpose. 0: no limit. A mailing may only be stricter."),
    )
    cap_days = models.PositiveSmallIntegerField(
        _("within so many days"), default=7, validators=[MinValueValidator(1), MaxValueValidator(MAX_DAYS)]
    )
    once_a_number = models.BooleanField(
        _("one message to a number"),
        default=True,
        help_text=_(
            "If several customers have the same number, the one we have known longest gets the message."
        ),
    )
    local_from = models.TimeField(
        _("not before"),
        default=MIDNIGHT,
        help_text=_(
            "In each customer's own time zone. Same as the end: at any hour. A mailing may only be stricter."
        ),
    )
    local_to = models.TimeField(
        _("not after"), default=MIDNIGHT, help_text=_("In each customer's own time zone.")
    )
    weekdays = WeekdaysField(
        verbose_name=_("on these days"),
        default=every_day,
        help_text=_("A message that waits when the day is over goes on the next one of these."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("rules for everybody")
        verbose_name_plural = _("rules for everybody")
        ordering = ["purpose"]

    def __str__(self) -> str:
        return self.get_purpose_display()

    @classmethod
    def of(cls, purpose: str) -> "ContactRules":
        """The rules for a purpose; where nobody has set any, the usual ones. Read once for each request."""
        return _rules_of(purpose)

    def clean(self) -> None:
        super().clean()
        if self.local_from > self.local_to:
            raise ValidationError(
                {"local_to": _("The evening must come after the morning, for example 10:00 to 21:00.")}
            )
        if self.purpose == Purpose.MARKETING and not self.needs_consent:
            raise ValidationError(
                {
                    "needs_consent": _(
                        "The law allows offers only to people who agreed. Leave this switched on."
                    )
                }
            )

    @property
    def hours(self) -> Hours:
        """When customers may be written to for this purpose."""
        return Hours(self.local_from, self.local_to, frozenset(self.weekdays))

    def hours_words(self) -> str:
        """The hours as a sentence."""
        opens, closes = (time_format(value, "H:i") for value in (self.local_from, self.local_to))
        return gettext("Only between %(opens)s and %(closes)s on the customer's own clock.") % {
            "opens": opens,
            "closes": closes,
        }

    def weekdays_words(self) -> str:
        """The days as a sentence, the shorter way round."""
        missing = EVERY_DAY - set(self.weekdays)
        if len(missing) <= len(self.weekdays):
            return gettext("Not on %(days)s.") % {"days": names(missing)}
        return gettext("Only on %(days)s.") % {"days": names(self.weekdays)}

    def sentences(self) -> list[str]:
        """Every rule that is switched on, in words, in the order in which they are applied."""
        found = [
            (True, gettext("Never to those who refused or are blocked.")),
            (self.leaves_out_lists, gettext("Not to those on a list of customers never to write to.")),
            (self.needs_consent, gettext("Only to those who agreed.")),
            (bool(self.unreachable_days), self._unreachable()),
            (self.one_mailing_a_day, gettext("Not to those whom another mailing reaches on the same day.")),
            (bool(self.cap_messages), cap_words(self.cap_messages, self.cap_days)),
            (self.once_a_number, gettext("One message to a number.")),
            (not self.hours.is_any_hour, self.hours_words()),
            (self.hours.weekdays != EVERY_DAY, self.weekdays_words()),
        ]
        return [sentence for is_on, sentence in found if is_on]

    def _unreachable(self) -> str:
        days = {"days": self.unreachable_days, "again": self.retry_days}
        return (
            ngettext(
                "Not to numbers where nothing arrived for %(days)s day; they are tried again after %(again)s.",
                "Not to numbers where nothing arrived for %(days)s days; they are tried again after %(again)s.",
                self.unreachable_days,
            )
            % days
        )


def cap_words(messages: int, days: int) -> str:
    """A limit as a sentence."""
    count = ngettext("At most %(count)s message", "At most %(count)s messages", messages) % {
        "count": messages
    }
    span = ngettext("within %(days)s day.", "within %(days)s days.", days) % {"days": days}
    return f"{count} {span}"


@read_once
def _rules_of(purpose: str) -> ContactRules:
    usual = DEFAULTS.get(purpose, {})
    return ContactRules.objects.filter(purpose=purpose).first() or ContactRules(purpose=purpose, **usual)
