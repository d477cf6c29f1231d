"""Personal codes: the same in Python and in PostgreSQL, and nobody makes one."""

from unittest.mock import patch

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.mailings.shortlinks import codes
from backoffice.mailings.shortlinks.codes import NoCode, code_of, customer_of, link_of
from kannel.text import GSM_CODING, measure

LINKS, CUSTOMERS = st.integers(0, 2**20 - 1), st.integers(0, 2**28 - 1)
KEYS = st.binary(min_size=16, max_size=16)


@given(LINKS, KEYS, CUSTOMERS)
def test_a_code_says_which_link_and_whose_it_is(link: int, key: bytes, customer: int) -> None:
    code = code_of(link, key, customer)
    assert (link_of(code), customer_of(code, key)) == (link, customer)
    assert (len(code), measure(code).coding) == (12, GSM_CODING)


@given(LINKS, KEYS, CUSTOMERS)
def test_a_code_ends_in_a_letter_or_digit_so_that_telephones_take_it_whole(
    link: int, key: bytes, customer: int
) -> None:
    assert code_of(link, key, customer)[-1].isalnum()


def test_codes_of_earlier_messages_hold_even_where_a_telephone_left_out_their_last_sign() -> None:
    key = b"0123456789abcdef"
    with patch.object(codes, "_mac", codes._earlier_mac):
        earlier = {customer: code_of(7, key, customer) for customer in range(500)}
    assert {code[-1] for code in earlier.values()} > {"-", "_"}
    for customer, code in earlier.items():
        assert customer_of(code, key) == customer
        assert customer_of(code.removesuffix("-"), key) == customer


@pytest.mark.django_db
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINKS, KEYS, CUSTOMERS)
def test_postgresql_makes_the_same_code(link: int, key: bytes, customer: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT parley_link_code(%s, %s, %s)", [link, key, customer])
        assert cursor.fetchone() == (code_of(link, key, customer),)


@given(st.integers(4, 11), st.sampled_from("ABCxyz019-_"))
def test_behind_the_letters_of_the_link_an_altered_code_is_nobodys(place: int, letter: str) -> None:
    key, code = b"0123456789abcdef", code_of(7, b"0123456789abcdef", 1_900_000)
    altered = code[:place] + letter + code[place + 1 :]
    if altered == code:
        assert customer_of(altered, key) == 1_900_000
        return
    with pytest.raises(NoCode):
        customer_of(altered, key)


@pytest.mark.parametrize(
    "text", ["", "favicon.ico", "short", "x" * 13, "ü" * 12, "AAAA AAAA AA", "a/b/c/d/e/f/"]
)
def test_what_has_not_the_form_of_a_code_is_none(text: str) -> None:
    with pytest.raises(NoCode):
        link_of(text)


@pytest.mark.parametrize(("link", "customer"), [(2**20, 1), (1, 2**28)])
def test_ids_without_room_are_refused(link: int, customer: int) -> None:
    with pytest.raises(OverflowError, match="no room"):
        code_of(link, b"0" * 16, customer)
