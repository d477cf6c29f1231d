"""Short links in a plan: a row for each address of its texts, and the SQL that writes each recipient's own code."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.utils.text import slugify

from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.models import Mailing, ShortLink
from backoffice.mailings.shortlinks.codes import LINK_BITS
from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.links import MARK, addresses_in, destination_of, marked
from backoffice.message_templates.merge import compile_variants


class TooManyLinks(Exception):
    """There have been more links than codes have room for."""


def make_links(mailing: Mailing, ends: datetime) -> list[ShortLink]:
    """The rows of all addresses in the texts of a mailing; those of an earlier plan are used again. None without a domain.

    :raises TooManyLinks: when ids have no room in a code any more.
    :raises MergeError: when an address leads nowhere.
    """
    if not settings.SHORT_LINKS_URL:
        return []
    texts = [text for one in texts_of(mailing) for text in one.template.variants().values()]
    addresses = dict.fromkeys(address for text in texts for address in addresses_in(text))
    expires_at = ends + timedelta(days=settings.SHORT_LINKS_DAYS)
    found = [
        ShortLink.objects.update_or_create(
            mailing=mailing,
            address=address,
            defaults={"target": target_of(address, mailing), "expires_at": expires_at},
        )[0]
        for address in addresses
    ]
    if any(link.pk >> LINK_BITS for link in found):
        raise TooManyLinks
    return found


def target_of(address: str, mailing: Mailing) -> str:
    """Where an address leads, with words that tell the site's statistics where visitors come from, unless it has such words.

    :raises MergeError: if it leads nowhere.
    """
    target = destination_of(address)
    parts = urlsplit(target)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if any(name.startswith("utm_") for name, _value in query):
        return target
    campaign = f"{slugify(mailing.name) or 'mailing'}-{mailing.pk}"
    words = urlencode({"utm_source": "parley", "utm_medium": "sms", "utm_campaign": campaign})
    return urlunsplit(parts._replace(query=f"{parts.query}&{words}" if parts.query else words))


def compile_with_links(
    variants: Mapping[str, str], links: Iterable[ShortLink], facts: MailingFacts
) -> tuple[str, list[Any]]:
    """As merge.compile_variants for the customer in row ``c``, with the code of that customer in place of each address.

    The key of a link is read from its row, so that no statement shows it.
    """
    by_address = {link.address: link for link in links}
    texts = {language: marked(text, by_address) for language, text in variants.items()}
    sql, parameters = compile_variants(texts, facts=facts)
    values: list[Any] = list(parameters)
    used = {address for text in variants.values() for address in addresses_in(text)}
    for place, (address, link) in enumerate(by_address.items()):
        if address not in used:
            continue
        code = "parley_link_code(%s, (SELECT key FROM mailings_shortlink WHERE id = %s), c.id)"
        sql = f"replace({sql}, %s, %s || {code})"
        values += [MARK.format(place), settings.SHORT_LINKS_URL, link.pk, link.pk]
    return sql, values
