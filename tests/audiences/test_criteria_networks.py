"""The condition on the network of a number: longer prefixes, other countries, names in several languages."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from backoffice.audiences.criteria.networks import NAMED_COUNTRIES, networks_in, networks_offered
from backoffice.customers.models import Customer
from tests.audiences.trying import Case, answer, check, fits, make_people, others, sentence, value_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

CASES: list[Case] = [
    (
        "network", {"country": "RU", "is_or_not": "is", "networks": "MTS, Beeline"}, {"anna"},
        "the number is of MTS or Beeline (Russia)",
    ),
    (
        "network", {"country": "BY", "is_or_not": "is", "networks": "velcom"}, {"boris"},
        "the number is of velcom (Belarus)",
    ),
    (
        "network", {"country": "RU", "is_or_not": "not", "networks": "MTS"}, {"boris", "clara"},
        "the number is not of MTS (Russia), or there is none",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_a_condition_takes_exactly_those_who_fit(case: Case) -> None:
    make_people()
    check(case)


@pytest.mark.parametrize(
    ("phone", "network"),
    [
        ("+79161234567", "MTS"),
        ("+79800001234", "MTS"),
        ("+79809101234", "T2"),  # within 980, which is of MTS
        ("+79809991234", "Beeline"),
        ("+79261234567", "MegaFon"),
        ("+74951234567", None),  # a landline
        ("+79161", "MTS"),  # cut off: its first digits still say whose it is
        ("nonsense", None),
    ],
)
def test_the_longest_prefix_decides(phone: str, network: str | None) -> None:
    Customer.objects.create(external_id="anna", phone=phone)
    found = [name for name in ("MTS", "T2", "Beeline", "MegaFon") if fits("network", networks=name)]
    assert found == ([network] if network else [])


def test_several_networks_take_the_customers_of_each() -> None:
    for name, phone in (("mts", "+79161234567"), ("beeline", "+79031234567"), ("megafon", "+79261234567")):
        Customer.objects.create(external_id=name, phone=phone)
    assert fits("network", networks="MTS; Beeline") == {"mts", "beeline"}
    assert others("network", networks="MTS; Beeline") == {"megafon"}


def test_a_network_abroad_that_has_the_same_name_is_another_one() -> None:
    Customer.objects.create(external_id="minsk", phone="+375291234567")
    Customer.objects.create(external_id="grodno", phone="+375297234567")
    assert fits("network", country="BY", networks="MTS") == {"grodno"}
    assert fits("network", country="RU", networks="MTS") == set()


@pytest.mark.parametrize("name", ["МТС", "мтс", "MTS", "mts"])
def test_names_are_taken_in_any_letters(name: str) -> None:
    make_people()
    assert fits("network", networks=name) == {"anna"}


def test_the_names_on_offer_are_in_the_readers_language_and_begin_with_the_largest() -> None:
    with translation.override("en"):
        assert networks_offered()["RU"][:4] == ["MTS", "MegaFon", "Beeline", "T2"]
    with translation.override("ru"):
        assert networks_offered()["RU"][:4] == ["MTS", "МегаФон", "Билайн", "Tele2"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_name_on_offer_is_a_network_and_can_be_written_in_a_list(language: str) -> None:
    with translation.override(language):
        for code, names in networks_offered().items():
            assert names, code
            value = value_of("network", {"country": code, "networks": ", ".join(names)})
            assert len({networks_in(code).find(name) for name in names}) == len(names)
            assert str(value["country"]) == code


def test_what_is_known_of_the_number_is_told_with_its_middle_hidden() -> None:
    make_people()
    Customer.objects.create(external_id="dora", phone="+442071234567")
    assert answer("network", "anna", networks="T2") == "+7 916 ••• •• 67: MTS (Russia)"
    assert answer("network", "boris", networks="T2") == "+375 291 ••• •• 67: Velcom (Belarus)"
    assert answer("network", "clara", networks="T2") == "no number"
    assert answer("network", "dora", networks="T2") == "+44 207 ••• •• 67: network not known"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"networks": " , "}, "Say which networks, separated by commas."),
        (
            {"country": "BY", "networks": "Velcom, Beeline"},
            "No network is known as “Beeline” there (Belarus). Choose among those that are offered.",
        ),
    ],
)
def test_nonsense_is_refused_at_its_field(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        value_of("network", values)
    assert words in str(caught.value.block_errors["networks"])  # type: ignore[attr-defined]


def test_a_network_that_the_library_no_longer_knows_takes_nobody() -> None:
    """An audience stored years ago: until somebody mends it, it is said to be incomplete, and never breaks a statement."""
    make_people()
    value = value_of("network", {"networks": "MTS"})
    value["networks"] = "Gone"
    criterion = value.block
    assert not Customer.objects.filter(criterion.to_q(value)).exists()
    assert Customer.objects.filter(~criterion.to_q(value)).count() == 3


def test_the_country_of_every_network_is_one_of_those_on_offer() -> None:
    assert "other" not in NAMED_COUNTRIES
    assert sentence("network", networks="T2") == "the number is of T2 (Russia)"
