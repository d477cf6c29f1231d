"""One text as a customer reads it, for whoever chooses among texts: nobody's, but as long and in the same letters as a real one."""

import hashlib
import json
from dataclasses import dataclass, replace

from django.core.cache import cache

from backoffice.customers.disguise import disguised
from backoffice.customers.models import Customer
from backoffice.message_templates import crowd, merge
from backoffice.message_templates.estimate import estimates
from backoffice.message_templates.facts import example_facts
from backoffice.message_templates.models import MessageTemplate
from backoffice.message_templates.preview import Bubble, preview
from backoffice.message_templates.samples import CYRILLIC

# Among so many customers the one with a text of middle length is found.
LOOKED_AT = 200
KEPT_SECONDS = 300


@dataclass(frozen=True)
class Example:
    """How a text reads. ``is_made_up`` where there is no customer whom it could be written to."""

    bubble: Bubble
    is_made_up: bool


def example_of(template: MessageTemplate, *, with_real: bool) -> Example | None:
    """The text for a typical customer, names disguised, up to KEPT_SECONDS old; None where it cannot be merged.

    :param with_real: whether the reader may see values of real customers; otherwise it is written for a made-up one.
    """
    said = json.dumps([template.variants(), template.purpose, template.sender, with_real], sort_keys=True)
    key = f"parley:text-example:{hashlib.sha256(said.encode()).hexdigest()}"
    found: Example | None = cache.get(key)
    if found is None:
        found = (_real(template) if with_real else None) or _made_up(template)
        if found:
            cache.set(key, found, KEPT_SECONDS)
    return found


def parts_of(template: MessageTemplate) -> tuple[int, int]:
    """The fewest and the most parts over all its languages and made-up customers; zeros where it cannot be merged."""
    facts = example_facts(template.sender)
    seen = [preview(words, CYRILLIC, facts) for words in template.variants().values()]
    sizes = [size for one in seen if not one.mistakes for size in (one.least, one.most)]
    return min(sizes, default=0), max(sizes, default=0)


def _real(template: MessageTemplate) -> Example | None:
    people = crowd.lately(None, template.purpose)
    few = replace(people, some=people.some[:LOOKED_AT])
    try:
        written = estimates(template.variants(), few, example_facts(template.sender))
    except merge.MergeError:
        return None
    # The text for everybody else comes first; it may be that every customer reads another language.
    typical = next((one.typical() for one in written.values() if one.by_id), None)
    customer = Customer.objects.filter(pk=typical.customer_id).first() if typical else None
    if typical is None or customer is None:
        return None
    return Example(Bubble(disguised(typical.bubble.text, customer)), is_made_up=False)


def _made_up(template: MessageTemplate) -> Example | None:
    bubble = preview(template.text, CYRILLIC, example_facts(template.sender)).bubble
    return Example(bubble, is_made_up=True) if bubble else None
