"""What a text becomes on the phone: words, coding, parts, and what makes it longer than it need be."""

from dataclasses import dataclass

from backoffice.message_templates import links, merge
from backoffice.message_templates.fields import Field
from backoffice.message_templates.samples import SAMPLES, Sample
from kannel.text import UCS2_CODING, Measure, forcing_characters, measure, simplified


@dataclass(frozen=True)
class Bubble:
    """One text as one customer gets it."""

    text: str
    measure: Measure

    @property
    def is_wide(self) -> bool:
        """Whether a part carries only 67 or 70 characters."""
        return self.measure.coding == UCS2_CODING


@dataclass(frozen=True)
class Preview:
    """A text judged: either its mistakes, or how it looks and what it costs.

    ``least`` and ``most`` are the parts over all samples. ``forcing`` are characters of the text itself (not of
    customers' data) that force UCS-2 and have a plain replacement; ``plain`` is the text with them replaced. ``gaps`` are fields without a default that a customer may lack.
    """

    mistakes: list[merge.MergeError]
    bubble: Bubble | None = None
    least: int = 0
    most: int = 0
    forcing: tuple[tuple[str, str], ...] = ()
    plain: str = ""
    is_widened_by_names: bool = False
    gaps: tuple[Field, ...] = ()


def preview(text: str, sample: Sample) -> Preview:
    """Judges a text with merge fields. Never raises for anything somebody typed."""
    if mistakes := merge.problems(text):
        return Preview(mistakes)
    bubbles = {key: _bubble(text, other) for key, other in SAMPLES.items()}
    own_characters = forcing_characters(text)
    replaceable = tuple((was, now) for was, now in own_characters if now is not None)
    if len(replaceable) < len(
        own_characters
    ):  # another alphabet or a picture: replacing the rest would save nothing
        replaceable = ()
    parts = [bubble.measure.parts for bubble in bubbles.values()]
    return Preview(
        mistakes=[],
        bubble=bubbles[sample.key],
        least=min(parts),
        most=max(parts),
        forcing=replaceable,
        plain=simplified(text) if replaceable else "",
        is_widened_by_names=not own_characters and any(bubble.is_wide for bubble in bubbles.values()),
        gaps=_gaps(text),
    )


def _bubble(text: str, sample: Sample) -> Bubble:
    merged = merge.render(links.as_sent(text), sample.customer)
    return Bubble(merged, measure(merged))


def _gaps(text: str) -> tuple[Field, ...]:
    """Fields that may leave a gap, each once."""
    found = (
        piece.field
        for piece in merge.parse(text)
        if isinstance(piece, merge.Merged)
        and not piece.default
        and piece.field.value(SAMPLES["empty"].customer, piece.format_name) is None
    )
    return tuple({field.name: field for field in found}.values())
