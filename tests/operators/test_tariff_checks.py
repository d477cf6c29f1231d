"""What is refused about prices, and what a person has to confirm."""

from datetime import date
from decimal import Decimal

from backoffice.operators.tariff_checks import Price, errors, warnings


def price(prefix: str, amount: str, begins: str = "2026-01-01", ends: str | None = None) -> Price:
    return Price(
        prefix, Decimal(amount), date.fromisoformat(begins), date.fromisoformat(ends) if ends else None
    )


def strange(*prices: Price) -> list[str]:
    return [found.sentence for found in warnings(prices, {one.prefix for one in prices})]


def test_two_prices_on_one_day_are_refused() -> None:
    earlier, later = price("+7", "1", ends="2026-06-30"), price("+7", "1", "2026-06-30")
    [found] = errors([later, earlier])
    assert (found.price, found.field) == (later, "valid_from")
    assert errors([price("+7", "1"), price("+7", "1.1", "2026-06-30")]) == []


def test_dates_the_wrong_way_round_are_refused() -> None:
    [found] = errors([price("+7", "1", ends="2025-12-31")])
    assert (found.sentence, found.field) == ("The last day comes before the first one.", "valid_to")


def test_days_without_a_price_are_pointed_out() -> None:
    sentences = strange(price("+7", "1", ends="2026-03-31"), price("+7", "1", "2026-04-03"))
    assert sentences == ["From 1 April 2026 to 2 April 2026 there is no price for +7."]
    assert strange(price("+7", "1", ends="2026-03-31"), price("+7", "1", "2026-04-01")) == []


def test_a_price_that_jumps_is_pointed_out() -> None:
    assert strange(price("+7", "1"), price("+7", "1.6", "2026-04-01")) == [
        "The price for +7 goes from 1.00 to 1.60 on 1 April 2026."
    ]
    assert strange(price("+7", "1"), price("+7", "1.5", "2026-04-01")) == []


def test_a_price_unlike_those_beside_it_is_pointed_out() -> None:
    beside = [price(f"+791{last}", "2.00") for last in range(4)]
    assert strange(price("+7", "2"), *beside, price("+7914", "20.00")) == [
        "The price for +7914 is 20.00, while prefixes beside it cost 2.00."
    ]


def test_numbers_between_longer_prefixes_without_a_price_are_pointed_out() -> None:
    assert strange(price("+7916", "2")) == [
        "No price covers all numbers that begin with +7, only longer prefixes like +7916 have one."
    ]
    assert len(strange(price("+7916", "2"), price("+7917", "2"), price("+44791", "2"))) == 2
    assert strange(price("+7", "2"), price("+44", "2"), price("+375", "2")) == []


def test_a_price_that_ends_while_a_longer_prefix_keeps_one_is_pointed_out() -> None:
    assert strange(price("+7", "2", ends="2026-05-31"), price("+7916", "2")) == [
        "The price for +7 ends on 31 May 2026, while +7916 keeps one."
    ]


def test_only_prefixes_that_were_touched_are_looked_at() -> None:
    assert warnings([price("+7", "1"), price("+7", "9", "2026-04-01"), price("+44", "1")], {"+44"}) == []
