"""Web addresses in texts: which are made short, and how long the text then is."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from backoffice.message_templates.links import addresses_in, as_sent, destination_of, marked
from backoffice.message_templates.merge import MergeError, problems
from backoffice.message_templates.models import validate_merge_fields

CASES = Path(__file__).parents[2] / "fixtures/cases/links.txt"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Come to https://shop.example/sale?x=1.", ["https://shop.example/sale?x=1"]),
        ("(see http://a.example) or HTTP://B.example/!", ["http://a.example", "HTTP://B.example/"]),
        ("«https://shop.example», {first_name}", ["https://shop.example"]),
        ("https://a.example https://a.example", ["https://a.example"]),
        ("https://shop.example/{external_id} is yours", []),
        ("no address, www.shop.example neither", []),
        ("https://shop.example… дальше", ["https://shop.example"]),
        ("https://shop.example—скидки", ["https://shop.example"]),
        ("https://shop.example–скидки", ["https://shop.example"]),
        ("https://shop.example/a\u200bскидки", ["https://shop.example/a"]),
        ("https://shop.example/a\u00a0b", ["https://shop.example/a"]),
        ("https://shop.example/a’s", ["https://shop.example/a"]),
        ("https://shop.example/a|b", ["https://shop.example/a"]),
        ("https://a.example/Кот_(животное)", ["https://a.example/Кот_(животное)"]),
        ("(https://a.example/Кот_(животное)).", ["https://a.example/Кот_(животное)"]),
        ("(https://a.example/x) and [https://a.example/y]", ["https://a.example/x", "https://a.example/y"]),
        ("https://a.example/x?!..', now", ["https://a.example/x"]),
        ("https://a.example/x-1_2~/-", ["https://a.example/x-1_2~/-"]),
        ("https://a.example:8443/x", ["https://a.example:8443/x"]),
        ("https://a.example/?u=https://b.example", ["https://a.example/?u=https://b.example"]),
        ("Смотри:https://a.example;потом", ["https://a.example;потом"]),
        ("https://пример.рф/акция?имя=Анна!", ["https://пример.рф/акция?имя=Анна"]),
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


@pytest.mark.parametrize(
    ("address", "target"),
    [
        (
            "https://пример.рф/акция?имя=Анна",
            "https://xn--e1afmkfd.xn--p1ai/%D0%B0%D0%BA%D1%86%D0%B8%D1%8F?%D0%B8%D0%BC%D1%8F=%D0%90%D0%BD%D0%BD%D0%B0",
        ),
        ("HTTPS://Shop.Example/A", "https://shop.example/A"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://a.example/50%/%41?x=%", "https://a.example/50%25/%41?x=%25"),
        ("https://a.example/(x)[y]", "https://a.example/(x)%5By%5D"),
        ("https://a.example:8443/x#y", "https://a.example:8443/x#y"),
        ("https://192.0.2.1/x", "https://192.0.2.1/x"),
        ("https://a.example./x", "https://a.example/x"),
    ],
)
def test_where_an_address_leads_is_written_as_headers_need_it(address: str, target: str) -> None:
    assert destination_of(address) == target


@pytest.mark.parametrize(
    "address",
    [
        "https://[your-site]/x",
        "https://[ваш-сайт]/акция",
        "https://",
        "https:///x",
        "https://…",
        "https://shop",
        "https://localhost/x",
        "https://a..example",
        "https://-a.example",
        "https://a_b.example",
        "https://a.example:99999/x",
        "https://a.example:port/x",
        "https://user:word@a.example/",
        "https://" + "a" * 64 + ".example",
        "https://xn--zz.example/",
        "https://[::1]/",
        "https://1.2",
        "https://[your-site]/{external_id}",
    ],
)
def test_an_address_that_leads_nowhere_is_refused_at_its_place(address: str) -> None:
    text = f"See {address} now"
    with pytest.raises(ValidationError, match="leads nowhere"):
        validate_merge_fields(text.replace("{external_id}", "{city}"))


def test_the_mistake_is_marked_where_it_stands() -> None:
    (mistake,) = problems("See https://[your-site]/x now")
    assert (mistake.position, mistake.end) == (4, 25)


def test_part_of_a_site_may_be_merged_in() -> None:
    assert problems("See https://{city}.example/ and https://shop.example/{city}") == []


def test_every_line_of_the_known_cases_is_led_somewhere_or_refused() -> None:
    lines = [line for line in CASES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = [
        [destination_of(one) for one in addresses_in(line)] if not problems(line) else [] for line in lines
    ]
    assert found == [
        [
            "https://xn--e1afmkfd.xn--p1ai/%D0%B0%D0%BA%D1%86%D0%B8%D1%8F?%D0%B8%D0%BC%D1%8F=%D0%90%D0%BD%D0%BD%D0%B0"
        ],
        ["https://ru.example.org/wiki/%D0%9A%D0%BE%D1%82_(%D0%B6%D0%B8%D0%B2%D0%BE%D1%82%D0%BD%D0%BE%D0%B5)"],
        ["https://shop.example"],
        ["https://shop.example"],
        [],
    ]


PIECES = st.sampled_from(
    [
        "https://",
        "http://",
        "[",
        "]",
        "(",
        ")",
        ".",
        ":",
        "/",
        "@",
        "%",
        "#",
        "?",
        "xn--",
        "a",
        "рф",
        "-",
        "\u0301",
        "…",
        " ",
        "example",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=12).map("https://{}".format))
def test_any_address_leads_somewhere_in_plain_letters_or_is_refused(text: str) -> None:
    text = text.replace("{", "").replace("}", "")
    if problems(text):
        return
    for address in addresses_in(text):
        target = destination_of(address)
        assert target.isascii()
        assert not set(target) & set(' <>"\\^`{|}\r\n')
        assert destination_of(target) == target


def test_a_text_with_such_an_address_is_never_merged() -> None:
    with pytest.raises(MergeError):
        destination_of("https://[your-site]/x")
