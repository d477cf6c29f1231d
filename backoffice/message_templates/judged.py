"""Everything there is to say about a text while it is written: how it looks, what it costs, what would save money."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from backoffice.customers.disguise import disguised
from backoffice.customers.models import Customer
from backoffice.lib.numbers import grouped
from backoffice.message_templates.advice import Advice, advice_for, last_day_advice
from backoffice.message_templates.estimate import Estimate, Saving, estimates
from backoffice.message_templates.links import addresses_in, destination_of
from backoffice.message_templates.measuring import plain, text_fields_of, tidy, without_field
from backoffice.message_templates.preview import Bubble, Preview, preview
from backoffice.message_templates.samples import SAMPLES
from backoffice.message_templates.typed import REAL, Text, Typed

# Each field that is tried costs a statement over the customers who stand for all.
FIELDS_TRIED = 3


@dataclass(frozen=True)
class Offer:
    """A change of a text: ``instead`` is the whole text after the click that makes it, if there is one."""

    instead: str
    saving: Saving | None

    @property
    def money(self) -> str:
        """What it saves, in words; empty where nobody knows."""
        if not self.saving or not self.saving.money:
            return ""
        return rounded_money(self.saving.money, self.saving.currency)


@dataclass(frozen=True)
class Judged:
    """One variant with everything there is to say about it."""

    text: Text
    preview: Preview
    estimate: Estimate
    bubble: Bubble | None
    is_made_up: bool
    plain: Offer | None = None
    tidy: Offer | None = None
    shorter: tuple[int, Offer] | None = None
    narrower: tuple[str, Offer] | None = None
    advice: tuple[Advice, ...] = ()

    @property
    def links(self) -> list[tuple[str, str]]:
        """Each address of the text, as the customer's link will have it, with where it leads."""
        return [(one, destination_of(one)) for one in addresses_in(self.text.words)]

    @property
    def least(self) -> int:
        """The fewest parts that anybody gets: of real customers if there are any."""
        return min(self.estimate.parts, default=self.preview.least)

    @property
    def most(self) -> int:
        return max(self.estimate.parts, default=self.preview.most)

    @property
    def is_widened_by_names(self) -> bool:
        """Whether values of customers alone force UCS-2: of real ones if there are any."""
        real = self.estimate.by_id.values()
        return self.preview.is_widened_by_names and (not real or any(one.bubble.is_wide for one in real))

    @property
    def gaps_percent(self) -> int:
        """How many of the real customers get a gap."""
        real = self.estimate.by_id.values()
        return round(100 * sum(one.gaps > 0 for one in real) / len(real)) if real else 0

    @property
    def marks(self) -> dict[str, Any]:
        """What is marked in the field: characters that force UCS-2, and places that are wrong, in characters."""
        wrong = [[mistake.position, mistake.end] for mistake in self.preview.mistakes]
        return {"characters": self.preview.marked, "wrong": wrong}

    @property
    def mistakes(self) -> list[dict[str, Any]]:
        """What is wrong, each with the whole text as it was probably meant, if anybody knows."""
        return [
            {
                "sentence": mistake.sentence,
                "place": mistake.place,
                "instead": mistake.instead,
                "mended": mistake.mended(self.text.words),
            }
            for mistake in self.preview.mistakes
        ]


def judge(typed: Typed, found: Mapping[str, Estimate]) -> list[Judged]:
    """Each text in the form, judged."""
    plainer = _changed(typed, plain)
    tidier = _changed(typed, tidy)
    return [_judged(typed, text, found, plainer, tidier) for text in typed.texts]


def _judged(
    typed: Typed,
    text: Text,
    found: Mapping[str, Estimate],
    plainer: Mapping[str, Estimate],
    tidier: Mapping[str, Estimate],
) -> Judged:
    is_real = typed.sample in REAL
    made_up = REAL[typed.sample][1] if is_real else SAMPLES[typed.sample]
    seen = preview(text.words, made_up, typed.facts)
    has_language = text.is_main or text.language
    estimate = found.get(text.language, Estimate()) if has_language else Estimate()
    if seen.mistakes or text.is_blank:
        return Judged(text, seen, Estimate(), None, is_made_up=False)
    bubble = _of_real(typed, estimate) if is_real and estimate.by_id else seen.bubble
    return Judged(
        text,
        seen,
        estimate,
        bubble,
        is_made_up=is_real and not estimate.by_id,
        plain=_offer(seen.plain, text, estimate, plainer),
        tidy=_offer(tidy(text.words), text, estimate, tidier),
        shorter=_shorter(estimate),
        narrower=_narrower(typed, text, estimate) if seen.is_widened_by_names else None,
        advice=(*advice_for(text.words, typed.purpose), *last_day_advice(text.words)),
    )


def _changed(typed: Typed, change: Callable[[str], str]) -> Mapping[str, Estimate]:
    """The same customers with each text changed; empty where that changes nothing."""
    changed = {code: change(words) if words else words for code, words in typed.variants.items()}
    return estimates(changed, typed.crowd, typed.facts) if changed != typed.variants else {}


def _offer(instead: str, text: Text, estimate: Estimate, changed: Mapping[str, Estimate]) -> Offer | None:
    if not instead or instead == text.words:
        return None
    other = changed.get(text.language)
    return Offer(instead, estimate.saving(other) if other and estimate.by_id else None)


def _shorter(estimate: Estimate) -> tuple[int, Offer] | None:
    found = estimate.shortened()
    return (found[0], Offer("", found[1])) if found else None


def _narrower(typed: Typed, text: Text, estimate: Estimate) -> tuple[str, Offer] | None:
    """The field without which most would be saved, because its values alone force UCS-2."""
    if not estimate.by_id:
        return None
    best, most = None, 0.0
    for name in text_fields_of(text.words)[:FIELDS_TRIED]:
        shorter = typed.variants | {text.language: without_field(text.words, name)}
        saving = estimate.saving(estimates(shorter, typed.crowd, typed.facts)[text.language])
        if saving and saving.share > most:
            best, most = ("{" + name + "}", Offer("", saving)), saving.share
    return best


def _of_real(typed: Typed, estimate: Estimate) -> Bubble:
    """The text of the customer who is asked for, with names disguised."""
    found = {
        "real-typical": estimate.typical,
        "real-longest": estimate.longest,
        "real-worst": estimate.worst,
    }
    written = found[typed.sample]()
    customer = Customer.objects.get(pk=written.customer_id)
    return Bubble(disguised(written.bubble.text, customer))


def rounded_money(amount: Decimal, currency: str) -> str:
    """An estimate with two digits that mean something, and its currency: "41 000 RUB"."""
    step = Decimal(10) ** max(0, amount.adjusted() - 1) if amount else Decimal(1)
    rounded = (amount / step).quantize(Decimal(1)) * step
    return f"{grouped(rounded, 0)} {currency}"
