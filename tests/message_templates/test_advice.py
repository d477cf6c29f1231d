"""Advice on links and on how to refuse offers."""

import pytest

from backoffice.message_templates.advice import advice_for, last_day_advice


@pytest.mark.parametrize("text", ["Come in", "Come in ", "Приходите", "Келіңіз"])
def test_an_offer_has_to_say_how_to_refuse_and_no_line_is_offered_that_would_do_nothing(text: str) -> None:
    (advice,) = advice_for(text, "marketing")
    assert "how one refuses" in advice.sentence
    assert (advice.button, advice.instead) == ("", "")


@pytest.mark.parametrize(("text", "said"), [("Until {mailing.ends_on|day}", 1), ("Until 31.12.", 0)])
def test_what_the_last_day_is_stands_below_a_text_that_names_it(text: str, said: int) -> None:
    assert len(list(last_day_advice(text))) == said


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
    assert advice_for(text, purpose) == []


@pytest.mark.parametrize("link", ["bit.ly/x1", "https://bit.ly/x1", "HTTP://clck.ru", "www.tinyurl.com/a"])
def test_links_of_public_shorteners_are_named(link: str) -> None:
    (advice,) = advice_for(f"See {link} now", "service")
    assert "Operators block" in advice.sentence
    assert advice.instead == ""


def test_a_link_without_encryption_is_mended_in_one_click() -> None:
    (advice,) = advice_for("See http://shop.example/a?b={city} or https://shop.example", "service")
    assert advice.sentence == "The link to shop.example is not encrypted (http)."
    assert advice.instead == "See https://shop.example/a?b={city} or https://shop.example"


@pytest.mark.parametrize(
    "text", ["Write to me@bit.ly", "31.12.2026 {last_purchase.amount}", "abit.ly", "https://shop.example."]
)
def test_what_is_no_such_link_is_left_alone(text: str) -> None:
    assert advice_for(text, "service") == []
