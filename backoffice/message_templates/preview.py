"""What a text becomes on the phone of made-up customers, and what makes it longer than it need be."""

from dataclasses import dataclass, field

from backoffice.message_templates import links, measuring, merge
from backoffice.message_templates.facts import MailingFacts, example_facts
from backoffice.message_templates.fields import Field
from backoffice.message_templates.measuring import Measure, measure
from backoffice.message_templates.samples import SAMPLES, Sample


@dataclass(frozen=True)
class Bubble:
    """One text as one customer gets it."""

    text: str
    measure: Measure = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "measure", measure(self.text))

    @property
    def is_wide(self) -> bool:
        """Whether a part carries only 67 or 70 characters."""
        return self.measure.coding == measuring.UCS2_CODING


@dataclass(frozen=True)
class Preview:
    """A text judged: either its mistakes, or how it looks and what it costs.

    ``least`` and ``most`` are the parts over all samples. ``marked`` are the characters of the text itself (not of
    customers' data) that force UCS-2; ``forcing`` are those of them with a plain replacement, if all have one, and
    ``plain`` is the text with them replaced. ``gaps`` are fields without a default that a customer may lack.
    """

    mistakes: list[merge.MergeError]
    bubble: Bubble | None = None
    least: int = 0
    most: int = 0
    marked: str = ""
    forcing: tuple[tuple[str, str], ...] = ()
    plain: str = ""
    is_widened_by_names: bool = False
    gaps: tuple[Field, ...] = ()

    @property
    def without_replacement(self) -> str:
        """Marked characters that nothing plain says the same as: pictures."""
        return "" if self.forcing else self.marked


def preview(text: str, sample: Sample, facts: MailingFacts | None = None) -> Preview:
    """Judges a text with merge fields. Never raises for anything somebody typed.

    :param facts: of the mailing; without them a made-up one.
    """
    if mistakes := merge.problems(text):
        return Preview(mistakes)
    facts = facts or example_facts()
    bubbles = {key: _bubble(text, other, facts) for key, other in SAMPLES.items()}
    parts = [bubble.measure.parts for bubble in bubbles.values()]
    found = measuring.forcing(text)
    replaceable = tuple((was, now) for was, now in found if now is not None)
    if len(replaceable) < len(found):  # a picture: replacing the rest would save nothing
        replaceable = ()
    is_wide_itself = measuring.is_wide(text)
    return Preview(
        mistakes=[],
        bubble=bubbles[sample.key],
        least=min(parts),
        most=max(parts),
        marked="".join(was for was, _now in found),
        forcing=replaceable,
        plain=measuring.plain(text) if replaceable else "",
        is_widened_by_names=not is_wide_itself and any(bubble.is_wide for bubble in bubbles.values()),
        gaps=_gaps(text, facts),
    )


def _bubble(text: str, sample: Sample, facts: MailingFacts) -> Bubble:
    return Bubble(merge.render(links.as_sent(text), sample.customer, facts, sample.actions))


def _gaps(text: str, facts: MailingFacts) -> tuple[Field, ...]:
    """Fields that may leave a gap, each once."""
    nobody = SAMPLES["empty"]
    recipient = merge.Recipient(nobody.customer, facts, nobody.actions)
    found = (merged.field for merged in merge.gaps_of(text) if merged.value(recipient) is None)
    return tuple({one.name: one for one in found}.values())
