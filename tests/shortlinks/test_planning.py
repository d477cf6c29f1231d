"""Short links in a plan: each recipient's own code, and what is approved says where they lead."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django import Settings

from backoffice.mailings import lifecycle
from backoffice.mailings.models import Mailing, ShortLink
from backoffice.mailings.shortlinks import writing
from backoffice.mailings.shortlinks.codes import code_of
from backoffice.mailings.shortlinks.writing import target_of
from backoffice.message_templates.models import TextVariant
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer, message_to

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
SALE = "https://shop.example/sale"


@pytest.fixture(autouse=True)
def _domain(settings: Settings) -> None:
    settings.SHORT_LINKS_URL = "https://go.example/"


def write(mailing: Mailing, text: str) -> None:
    mailing.template.text = text
    mailing.template.save()


def test_each_recipient_gets_a_code_of_their_own(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned
) -> None:
    anna, boris = make_customer(first_name="Anna"), make_customer(first_name="Boris")
    write(mailing, "{first_name}: " + SALE + " or " + SALE + "/men, soon.")
    planned()
    links = {link.address: link for link in ShortLink.objects.all()}
    assert set(links) == {SALE, f"{SALE}/men"}
    for customer in (anna, boris):
        first, second = (
            code_of(link.pk, bytes(link.key), customer.pk) for link in (links[SALE], links[f"{SALE}/men"])
        )
        assert message_to(customer).text == (
            f"{customer.first_name}: https://go.example/{first} or https://go.example/{second}, soon."
        )
    assert message_to(anna).parts == 1


def test_a_variant_in_another_language_has_the_same_links(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned
) -> None:
    anna = make_customer(language="ru")
    write(mailing, f"See {SALE}")
    TextVariant.objects.create(template=mailing.template, language="ru", text=f"Вот: {SALE}")
    planned()
    link = ShortLink.objects.get()
    assert message_to(anna).text == f"Вот: https://go.example/{code_of(link.pk, bytes(link.key), anna.pk)}"


def test_a_new_plan_keeps_the_links_of_the_old_one(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned
) -> None:
    anna = make_customer()
    write(mailing, f"See {SALE}")
    planned()
    text = message_to(anna).text
    planned()
    assert message_to(anna).text == text
    link = ShortLink.objects.get()
    assert link.expires_at - mailing.created_at > timedelta(days=90)


def test_without_a_domain_texts_stay_as_they_were_written(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned, settings: Settings
) -> None:
    settings.SHORT_LINKS_URL = ""
    anna = make_customer()
    write(mailing, f"See {SALE}")
    planned()
    assert message_to(anna).text == f"See {SALE}"
    assert not ShortLink.objects.exists()


def test_who_approves_sees_where_links_lead_and_a_change_takes_the_approval_away(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned
) -> None:
    make_customer()
    write(mailing, f"See {SALE}")
    planned()
    content = lifecycle.content(mailing)
    assert content["links"] == {
        SALE: f"{SALE}?utm_source=parley&utm_medium=sms&utm_campaign=autumn-{mailing.pk}"
    }
    ShortLink.objects.update(target="https://evil.example")
    assert lifecycle.content_hash(lifecycle.content(mailing)) != lifecycle.content_hash(content)


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1&{words}#z"),
        ("https://a.example/?utm_source=mine", "https://a.example/?utm_source=mine"),
        ("https://пример.рф/акция", "https://xn--e1afmkfd.xn--p1ai/%D0%B0%D0%BA%D1%86%D0%B8%D1%8F?{words}"),
    ],
)
def test_words_for_statistics_are_added_unless_there_are_some(
    address: str, target: str, mailing: Mailing
) -> None:
    words = f"utm_source=parley&utm_medium=sms&utm_campaign=autumn-{mailing.pk}"
    assert target_of(address, mailing) == target.format(words=words)


def test_when_there_is_no_room_for_more_links_the_plan_says_so(
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: Planned,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writing, "LINK_BITS", 0)
    make_customer()
    write(mailing, f"See {SALE}")
    assert planned().state == Mailing.State.DRAFT
    assert "a million links" in mailing.problem


def test_an_address_that_leads_nowhere_ends_the_planning_with_a_sentence(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned, settings: Settings
) -> None:
    make_customer()
    write(mailing, "See https://[your-site]/x")
    for domain in ("https://go.example/", ""):
        settings.SHORT_LINKS_URL = domain
        assert planned().state == Mailing.State.DRAFT
        assert "https://[your-site]/x leads nowhere" in mailing.problem


def test_signs_of_a_name_are_plain_beside_a_short_link(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned
) -> None:
    customer = make_customer(first_name="O’Neil")
    write(mailing, "{first_name}: " + SALE)
    planned()
    assert message_to(customer).text.startswith("O'Neil: https://go.example/")
