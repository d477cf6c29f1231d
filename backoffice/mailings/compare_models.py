"""What a mailing that compares texts says about them."""

from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.message_templates.models import MessageTemplate

if TYPE_CHECKING:
    from backoffice.mailings.models import Mailing

MAX_TEST_HOURS = 24 * 7


class Measure(models.TextChoices):
    """By what one text does better than another."""

    DELIVERED = "delivered", _("more of its messages are delivered")
    REPLIES = "replies", _("more of those who got it reply")
    CLICKS = "clicks", _("more of those who got it follow a link")
    FAILURES = "failures", _("fewer of its messages fail")


class ComparedText(NamedTuple):
    """One of the texts of a mailing, and its share in percent."""

    template: MessageTemplate
    percent: int


class Comparing(models.Model):
    """The part of a mailing that is about comparing texts.

    Each recipient is drawn one of the texts. With a test share only so many of them get theirs at first; the others get
    the one that did best, by a mailing of its own: the *rest*, planned when the winner is known. So the text that is
    sent is always one that a plan has frozen, and all of them were approved.
    """

    second_text = models.ForeignKey(
        MessageTemplate,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("second text"),
    )
    second_percent = models.PositiveSmallIntegerField(
        _("its share, %"), default=50, validators=[MinValueValidator(1), MaxValueValidator(98)]
    )
    third_text = models.ForeignKey(
        MessageTemplate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("third text")
    )
    third_percent = models.PositiveSmallIntegerField(
        _("its share, %"), default=25, validators=[MinValueValidator(1), MaxValueValidator(98)]
    )
    test_percent = models.PositiveSmallIntegerField(
        _("so many % get them at first"),
        default=0,
        validators=[MaxValueValidator(90)],
        help_text=_(
            "The others get the text that does best, later. 0: everybody gets one of the texts at once."
        ),
    )
    test_hours = models.PositiveSmallIntegerField(
        _("the best one is chosen after so many hours"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_TEST_HOURS)],
    )
    measure = models.CharField(
        _("a text does better if"), max_length=9, choices=Measure, default=Measure.DELIVERED
    )

    rest_of = models.OneToOneField(
        "mailings.Mailing",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="rest",
        help_text="Of the rest of a comparison: the mailing that made it.",
    )

    class Meta:
        abstract = True

    @property
    def has_test(self) -> bool:
        """Whether some get their text only when the best one is known."""
        return self.test_percent > 0 and self.compares

    @property
    def compares(self) -> bool:
        return self.second_text_id is not None or self.third_text_id is not None


def other_texts(mailing: "Mailing") -> list[ComparedText]:
    """The texts besides the first one, in order."""
    found = [(mailing.second_text, mailing.second_percent), (mailing.third_text, mailing.third_percent)]
    return [ComparedText(template, percent) for template, percent in found if template]


def texts_of(mailing: "Mailing") -> list[ComparedText]:
    """All texts; the first one has what the others leave."""
    others = other_texts(mailing)
    return [ComparedText(mailing.template, 100 - sum(one.percent for one in others)), *others]


def check_comparing(mailing: "Mailing") -> None:
    """:raises ValidationError: if the texts and their shares make no sense."""
    if mailing.test_percent and not mailing.compares:
        raise ValidationError({"second_text": gettext("Choose a second text to compare, or give 0 % below.")})
    if not mailing.compares:
        return
    shares = sum(one.percent for one in other_texts(mailing))
    chosen = [one for one in (mailing.template_id, mailing.second_text_id, mailing.third_text_id) if one]
    if shares >= 100:
        raise ValidationError({"second_percent": gettext("Leave a share for the first text.")})
    if len(set(chosen)) < len(chosen):
        raise ValidationError({"second_text": gettext("Choose each text once.")})
    if mailing.test_percent and mailing.is_series:
        raise ValidationError(
            {
                "test_percent": gettext(
                    "A mailing that repeats can compare texts, but not wait for the best one."
                )
            }
        )


def comparing_content(mailing: "Mailing") -> dict[str, object]:
    """What an approver approves of the texts, as plain values; nothing for one text alone."""
    if not mailing.compares:
        return {}
    texts = [[one.template.pk, one.percent, one.template.variants()] for one in texts_of(mailing)]
    test = [mailing.test_percent, mailing.test_hours, mailing.measure] if mailing.test_percent else None
    return {"texts": texts, "test": test}
