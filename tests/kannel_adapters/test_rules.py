"""Templates, places, conditions and receipts, case by case."""

import hmac
import json
import time
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kannel.adapters.answers import Outcome, Understood, answer_of
from kannel.adapters.bodies import FormBody, JsonBody, XmlBody
from kannel.adapters.carrying import text_of
from kannel.adapters.checks import problems
from kannel.adapters.documents import read
from kannel.adapters.lines import Line, Pause
from kannel.adapters.presets import PRESETS, preset
from kannel.adapters.receipts import Receipt
from kannel.adapters.trying import PASSWORD, SAMPLE, line_to, shown
from kannel.models import Adapter

TWO_RECEIPTS = b"""{"results": [
    {"messageId": "1", "status": {"groupName": "DELIVERED"}},
    {"messageId": 2, "status": {"groupName": "EXPIRED"}, "error": {"id": 27}}
]}"""
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


def line(shape: str, **values: object) -> Line:
    adapter = preset(shape)
    for name, value in values.items():
        setattr(adapter, name, value)
    return line_to(adapter, 1)


def request_of(one: Line) -> str:
    return shown(one.template.request(SAMPLE.values() | one.account))


@given(ANY_TEXT)
def test_no_text_breaks_out_of_json(text: str) -> None:
    body = JsonBody('{"a": {"text": "<{text}>"}, "b": ["{text}", 1]}').written({"text": text})
    assert json.loads(body) == {"a": {"text": f"<{text}>"}, "b": [text, 1]}


@given(ANY_TEXT)
def test_no_text_breaks_out_of_xml(text: str) -> None:
    body = XmlBody('<a name="{text}">{text}<b/>{text}</a>').written({"text": text})
    tree = ElementTree.fromstring(body)  # noqa: S314
    assert [child.tag for child in tree] == ["b"]
    assert (tree.text or "", tree[0].tail or "") == (tree.get("name"), tree.get("name"))


def test_signs_that_no_xml_may_hold_are_left_out() -> None:
    tree = ElementTree.fromstring(XmlBody("<a>{text}</a>").written({"text": "a\x00\x0b\ufffeb"}))  # noqa: S314
    assert tree.text == "ab"


def test_a_form_escapes_every_value() -> None:
    body = FormBody("To={to}\nBody = <{text}>").written({"to": "+79", "text": "a&b=c%\r\n"})
    assert body == b"To=%2B79&Body=%3Ca%26b%3Dc%25%0D%0A%3E"


def test_a_number_in_json_is_a_number() -> None:
    body = JsonBody('{"to": "{to_digits:number}", "x": true}')
    assert body.written({"to_digits": "79120000001"}) == b'{"to": 79120000001, "x": true}'
    assert json.loads(body.written({"to_digits": "none"}))["to"] == "none"


def test_all_may_stand_in_the_address() -> None:
    one = line(
        "form",
        method="GET",
        body_kind="none",
        body="",
        path="/send?to={to}&text={text}",
        authentication="none",
    )
    assert request_of(one).startswith(
        "GET /send?to=%2B79120000001&text=Say%20%E2%80%9Chi%E2%80%9D%20%26%20%3C50"
    )


def test_a_password_cannot_end_a_header() -> None:
    one = line("json", authentication="none", headers="Authorization: App {password}\nX-Id: {id}")
    request = one.template.request({**SAMPLE.values(), **one.account, "password": "a\r\nX: y"})
    assert request.headers["Authorization"] == "App aX: y"
    assert request.headers["X-Id"] == SAMPLE.id


@pytest.mark.parametrize(
    ("shape", "status", "body", "expected"),
    [
        ("form", 201, '{"sid": "SM1"}', Understood(Outcome.TAKEN, "SM1")),
        ("form", 201, "{}", Understood(Outcome.UNKNOWN, reason="no id in the answer")),
        (
            "form",
            201,
            '{"sid": "with blanks in it"}',
            Understood(Outcome.UNKNOWN, reason="no id in the answer"),
        ),
        ("form", 400, '{"code": 21211}', Understood(Outcome.REFUSED, reason="21211")),
        ("form", 429, '{"code": 20429}', Understood(Outcome.LATER, reason="20429")),
        ("form", 401, "no JSON", Understood(Outcome.LATER, reason="HTTP 401", trouble="account")),
        ("form", 502, "<html>Bad gateway</html>", Understood(Outcome.UNKNOWN, reason="HTTP 502")),
        ("form", 302, "", Understood(Outcome.UNKNOWN, reason="HTTP 302")),
        (
            "json",
            200,
            '{"messages": [{"messageId": "7", "status": {"groupName": "PENDING"}}]}',
            Understood(Outcome.TAKEN, "7"),
        ),
        (
            "json",
            200,
            '{"messages": [{"status": {"groupName": "REJECTED", "name": "REJECTED_ж"}}]}',
            Understood(Outcome.REFUSED, reason="REJECTED_"),
        ),
        ("json", 200, '{"messages": []}', Understood(Outcome.UNKNOWN, reason="HTTP 200")),
        ("json", 200, "[" * 100_000, Understood(Outcome.UNKNOWN, reason="HTTP 200")),
        (
            "xml",
            200,
            '<response><information id_sms="9" parts="1">send</information></response>',
            Understood(Outcome.TAKEN, "9"),
        ),
        (
            "xml",
            200,
            "<response><information>no</information></response>",
            Understood(Outcome.REFUSED, reason="no"),
        ),
        (
            "xml",
            200,
            "<response><error>busy</error></response>",
            Understood(Outcome.LATER, reason="HTTP 200"),
        ),
        (
            "xml",
            200,
            "<response><error>недостаточно средств</error></response>",
            Understood(Outcome.LATER, reason="HTTP 200", trouble="money"),
        ),
        (
            "xml",
            200,
            "<response><error>wrong account</error></response>",
            Understood(Outcome.LATER, reason="HTTP 200", trouble="account"),
        ),
        ("form", 402, "{}", Understood(Outcome.LATER, reason="HTTP 402", trouble="money")),
        ("json", 403, "{}", Understood(Outcome.LATER, reason="HTTP 403", trouble="account")),
        (
            "json",
            200,
            '{"messages": [{"status": {"groupName": "REJECTED", "name": "REJECTED_NOT_ENOUGH_CREDITS"}}]}',
            Understood(Outcome.LATER, reason="REJECTED_NOT_ENOUGH_CREDITS", trouble="money"),
        ),
        (
            "xml",
            200,
            "<!DOCTYPE a [<!ENTITY b 'send'>]><response><information id_sms='9'>&b;</information></response>",
            Understood(Outcome.UNKNOWN, reason="HTTP 200"),
        ),
    ],
)
def test_an_answer_is_understood(shape: str, status: int, body: str, expected: Understood) -> None:
    assert line(shape).answers.understand(status, body.encode()) == expected


def test_a_plain_text_is_understood_by_its_body() -> None:
    one = line(
        "form", answer_kind="text", taken_when="body = OK .+", id_at="body = OK ([0-9]+)", reason_at="body"
    )
    assert one.answers.understand(200, b"OK 17 parts 1") == Understood(Outcome.TAKEN, "17")
    assert one.answers.understand(200, b"hm\n") == Understood(Outcome.UNKNOWN, reason="hm")


@pytest.mark.parametrize(
    ("understood", "answer"),
    [
        (Understood(Outcome.TAKEN, "17"), "OK 17"),
        (Understood(Outcome.UNKNOWN), "OK unknown-u1"),
        (Understood(Outcome.REFUSED, reason="no"), "NO no"),
        (Understood(Outcome.LATER, reason="busy"), "LATER busy"),
    ],
)
def test_kannel_hears_one_of_three_words(understood: Understood, answer: str) -> None:
    assert answer_of(understood, "u1") == answer


@pytest.mark.parametrize(
    ("shape", "body", "expected"),
    [
        ("form", b"MessageSid=SM1&MessageStatus=delivered", [Receipt("SM1", "DELIVRD")]),
        (
            "form",
            b"MessageSid=SM1&MessageStatus=failed&ErrorCode=30003",
            [Receipt("SM1", "UNDELIV", "30003")],
        ),
        ("form", b"MessageSid=SM1&MessageStatus=sent", [Receipt("SM1", "")]),
        ("form", b"MessageStatus=sent", []),
        (
            "json",
            TWO_RECEIPTS,
            [Receipt("1", "DELIVRD"), Receipt("2", "EXPIRED", "27")],
        ),
        (
            "json",
            b'{"results": {"messageId": "1", "status": {"groupName": "DELIVERED"}}}',
            [Receipt("1", "DELIVRD")],
        ),
        ("json", b'{"results": 5}', []),
        ("json", b"{}", []),
        ("json", b"\xff", []),
        (
            "xml",
            b'<response><state id_sms="9" err="13">not_deliver</state></response>',
            [Receipt("9", "UNDELIV", "13")],
        ),
        ("xml", b"<response><state>deliver</state></response>", []),
        ("xml", b"deliver", []),
    ],
)
def test_a_receipt_is_understood(shape: str, body: bytes, expected: list[Receipt]) -> None:
    assert line(shape).receipts.read(body) == expected


def test_one_call_may_be_one_receipt() -> None:
    one = line("json", receipts_at="")
    body = b'{"messageId": "1", "status": {"groupName": "DELIVERED"}}'
    assert one.receipts.read(body) == [Receipt("1", "DELIVRD")]


def test_kannel_is_called_with_the_words_of_all_receipts() -> None:
    assert Receipt("9", "UNDELIV", "13").query() == "dlr-mid=9&dlr-mask=2&text=id%3A9+stat%3AUNDELIV+err%3A13"
    assert Receipt("9", "EXPIRED").query() == "dlr-mid=9&dlr-mask=34&text=id%3A9+stat%3AEXPIRED"


@pytest.mark.parametrize(
    ("kind", "body", "place", "value"),
    [
        ("json", b'{"a": [{"b": true}]}', "a.0.b", "true"),
        ("json", b'{"a": [{"b": true}]}', "a.1.b", None),
        ("json", b'{"a": [{"b": true}]}', "a", None),
        ("json", b'{"a": null}', "a", None),
        ("json", b"{}", "status", "200"),
        ("xml", b'<r><a>1</a><a x="y">2</a></r>', "a.1", "2"),
        ("xml", b'<r><a>1</a><a x="y">2</a></r>', "a.1.@x", "y"),
        ("xml", b'<r z="1"/>', "@z", "1"),
        ("xml", b"<r/>", "a.@x", None),
        ("xml", b'<r xmlns="urn:x"><a> 1 </a></r>', "a", "1"),
        ("text", b"OK", "a", None),
        ("text", b"OK", "body", "OK"),
    ],
)
def test_a_place_is_found(kind: str, body: bytes, place: str, value: str | None) -> None:
    assert read(kind, body, 200).at(place) == value


def test_a_call_has_no_status() -> None:
    assert read("json", b"{}").at("status") is None


def test_texts_come_as_kannel_hands_them_over() -> None:
    assert text_of("ё€".encode("utf-16-be"), "2") == "ё€"
    assert text_of("ё€".encode(), "0") == "ё€"


@pytest.mark.parametrize("name", PRESETS)
def test_the_ready_made_shapes_make_sense(name: str) -> None:
    assert problems(preset(name)) == {}


def test_the_first_fault_of_each_part_is_told() -> None:
    adapter = preset("json")
    adapter.path, adapter.id_at, adapter.receipt_id_at, adapter.expired_when = "x", "a b", "a b", "("
    assert set(problems(adapter)) == {"path", "id_at", "expired_when"} or set(problems(adapter)) == {
        "path",
        "id_at",
        "receipt_id_at",
    }


def test_a_body_of_any_length_is_not_taken() -> None:
    assert "at most" in problems(Adapter(**{**PRESETS["json"][1], "body": '"' + "x" * 70_000 + '"'}))["body"]


@pytest.mark.parametrize(("coding", "words"), [("0", "text 0 0"), ("2", "unicode 2 2")])
def test_a_text_and_one_in_unicode_are_told_apart(coding: str, words: str) -> None:
    one = line("form", body="type={coding:text|unicode}\ncoding={coding}\nnumber={coding:number}")
    body = one.template.request(replace(SAMPLE, coding=coding).values() | one.account).body
    assert " ".join(dict(parse_qsl(body.decode())).values()) == words


def test_how_long_a_message_is_valid_is_told_in_three_forms() -> None:
    one = line("form", body="minutes={validity}\nseconds={validity_seconds}\nuntil={valid_until}")
    body = one.template.request(replace(SAMPLE, validity_minutes=90).values() | one.account).body
    found = dict(parse_qsl(body.decode()))
    assert (found["minutes"], found["seconds"]) == ("90", "5400")
    left = datetime.fromisoformat(found["until"]) - datetime.now(UTC)
    assert timedelta(minutes=89) < left <= timedelta(minutes=90)


def test_a_request_may_be_signed() -> None:
    one = line("json", headers="X-Signature: {signature}\nX-Base64: {signature_base64}\nX-Time: {timestamp}")
    request = one.template.request(SAMPLE.values() | one.account)
    digest = hmac.digest(PASSWORD.encode(), request.body, "sha256")
    assert request.headers["X-Signature"] == digest.hex()
    assert b64decode(request.headers["X-Base64"]) == digest
    assert request.headers["X-Time"].isdigit()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"body": '{"a": "{signature}"}'}, "body"),
        ({"body": '{"a": "{text:a|b}"}'}, "body"),
        ({"headers": "X-To: {to}"}, "headers"),
        ({"account_when": "status"}, "account_when"),
        ({"money_when": "status = ("}, "money_when"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(values: dict[str, str], field: str) -> None:
    assert list(problems(Adapter(**{**PRESETS["json"][1], **values}))) == [field]


@pytest.mark.parametrize(
    ("header", "at_least", "at_most"),
    [
        ("30", 29, 30),
        ("99999", 300, 300),
        ("0", 0, 0),
        ("soon", 0, 0),
        ("", 0, 0),
        (format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True), 0, 0),
        (format_datetime(datetime(2999, 1, 1, tzinfo=UTC), usegmt=True), 300, 300),
    ],
)
def test_an_operator_is_left_alone_as_long_as_it_asks(header: str, at_least: int, at_most: int) -> None:
    pause = Pause()
    pause.ask(header)
    assert at_least <= pause.seconds_left() <= at_most


def test_no_rule_holds_the_process() -> None:
    begun = time.process_time()
    line("form", taken_when="body = .*.*.*.*.*.*.*x").answers.understand(200, b"a" * 20_000)
    assert time.process_time() - begun < 20
