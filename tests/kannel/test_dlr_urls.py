import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kannel.dlr_urls import ForgedToken, dlr_url, inbound_secret, inbound_url, read_token, read_url, token


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1))
def test_a_token_says_message_and_attempt_in_letters_kannel_leaves_alone(
    message_id: int, attempt: int
) -> None:
    made = token(message_id, attempt)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", made)
    assert read_token(made) == (message_id, attempt)


@given(st.integers(0, 26), st.sampled_from("ABCxyz019_-"))
def test_a_token_with_another_letter_is_forged(place: int, letter: str) -> None:
    made = token(1 << 52, 3)
    altered = made[:place] + letter + made[place + 1 :]
    if altered != made:
        with pytest.raises(ForgedToken):
            read_token(altered)


@pytest.mark.parametrize("text", ["", "AAAA", "not a token", "é", token(1, 1) + "A", token(1, 1)[:-1], "="])
def test_what_is_no_token_is_forged(text: str) -> None:
    with pytest.raises(ForgedToken):
        read_token(text)


def test_another_secret_makes_another_token(settings: Settings) -> None:
    made = token(1, 1)
    settings.KANNEL_DLR_SECRET = "another secret"
    with pytest.raises(ForgedToken):
        read_token(made)


def test_the_address_is_read_with_and_without_what_smsbox_adds(settings: Settings) -> None:
    settings.KANNEL_DLR_BASE_URL = "http://127.0.0.1:8001"
    plain, filled = dlr_url(5, 2), dlr_url(5, 2, for_smsbox=True)
    assert plain == f"http://127.0.0.1:8001/kannel/dlr/{token(5, 2)}"
    assert filled.startswith(plain + "?type=%d&")
    assert read_url(plain) == read_url(filled) == (5, 2)


@pytest.mark.parametrize("url", ["", "http://127.0.0.1/elsewhere/AAAA"])
def test_another_address_is_forged(url: str) -> None:
    with pytest.raises(ForgedToken):
        read_url(url)


def test_the_inbound_address_carries_its_secret() -> None:
    assert f"/kannel/inbound/{inbound_secret()}?" in inbound_url()
