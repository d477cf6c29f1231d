"""Advice on links and on how to refuse offers."""

import pytest

from backoffice.message_templates.advice import advice_for


@pytest.mark.parametrize(
    ("text", "purpose", "language", "after"),
    [
        ("Come in", "marketing", "en", "Come in Reply STOP to opt out."),
        ("Come in ", "marketing", "", "Come in Reply STOP to opt out."),
        ("Приходите", "marketing", "", "Приходите СТОП - отказ"),
        ("Келіңіз", "marketing", "kk", "Келіңіз СТОП - отказ"),
    ],
)
def test_an_offer_has_to_say_how_to_refuse(text: str, purpose: str, language: str, after: str) -> None:
    (advice,) = advice_for(text, purpose, language)
    assert "how one refuses" in advice.sentence
    assert advice.instead == after
    assert advice_for(after, purpose, language) == []


@pytest.mark.parametrize(
    ("text", "purpose"),
    [
        ("Come in. Reply STOP to opt out.", "marketing"),
        ("Приходите. Отписаться: СТОП", "marketing"),
        ("Чтобы отказаться, ответьте НЕТ", "marketing"),
        ("Your parcel is here", "service"),
        ("", "marketing"),
    ],
)
def test_nothing_is_said_where_nothing_is_missing(text: str, purpose: str) -> None:
    assert advice_for(text, purpose, "") == []


@pytest.mark.parametrize("link", ["bit.ly/x1", "https://bit.ly/x1", "HTTP://clck.ru", "www.tinyurl.com/a"])
def test_links_of_public_shorteners_are_named(link: str) -> None:
    (advice,) = advice_for(f"See {link} now", "service", "")
    assert "Operators block" in advice.sentence
    assert advice.instead == ""


def test_a_link_without_encryption_is_mended_in_one_click() -> None:
    (advice,) = advice_for("See http://shop.example/a?b={city} or https://shop.example", "service", "")
    assert advice.sentence == "The link to shop.example is not encrypted (http)."
    assert advice.instead == "See https://shop.example/a?b={city} or https://shop.example"


@pytest.mark.parametrize(
    "text", ["Write to me@bit.ly", "31.12.2026 {last_purchase.amount}", "abit.ly", "https://shop.example."]
)
def test_what_is_no_such_link_is_left_alone(text: str) -> None:
    assert advice_for(text, "service", "") == []
