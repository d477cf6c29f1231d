"""Web addresses in texts: which are made short, and how long the text then is."""

import pytest
from pytest_django import Settings

from backoffice.message_templates.links import addresses_in, as_sent, marked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Come to https://shop.example/sale?x=1.", ["https://shop.example/sale?x=1"]),
        ("(see http://a.example) or HTTP://B.example/!", ["http://a.example", "HTTP://B.example/"]),
        ("«https://shop.example», {first_name}", ["https://shop.example"]),
        ("https://a.example https://a.example", ["https://a.example"]),
        ("https://shop.example/{external_id} is yours", []),
        ("no address, www.shop.example neither", []),
    ],
)
def test_an_address_ends_where_the_sentence_goes_on(text: str, found: list[str]) -> None:
    assert addresses_in(text) == found


def test_an_address_that_a_field_goes_on_in_keeps_standing_beside_a_short_one() -> None:
    text = "https://a.example/ and https://a.example/{external_id}"
    assert marked(text, ["https://a.example/"]) == "\ue0000\ue001 and https://a.example/{external_id}"


def test_a_text_is_as_long_as_it_is_sent(settings: Settings) -> None:
    settings.SHORT_LINKS_URL = "https://go.example/"
    assert as_sent("Go: https://shop.example/a/long/way.") == "Go: https://go.example/xxxxxxxxxxxx."
    settings.SHORT_LINKS_URL = ""
    assert as_sent("Go: https://shop.example/a/long/way.") == "Go: https://shop.example/a/long/way."
