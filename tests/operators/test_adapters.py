"""The screens of adapters: ready-made shapes, sentences at the fields, trying one, and that one in use stays as it is."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

from backoffice.alerts.models import Alert
from backoffice.operators import watch
from kannel.adapters import account, trouble
from kannel.adapters.presets import PRESETS, preset
from kannel.administration import ConnectionStatus, GatewayStatus
from kannel.diagnosis import NO_MONEY, WRONG_ACCOUNT
from kannel.models import Adapter, Connection, Gateway
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


def form_of(shape: str, **values: object) -> dict[str, object]:
    return {**model_to_dict(preset(shape), exclude=["id"]), **values}


def save(as_role: As, name: str, **values: object) -> str:
    page = as_role("Operator staff").post(reverse("adapter:add"), form_of(name, **values), follow=True)
    return page.content.decode()


@pytest.mark.parametrize("name", PRESETS)
def test_a_ready_made_shape_is_saved_and_understands_its_operator(name: str, as_role: As) -> None:
    page = as_role("Operator staff").get(f"{reverse('adapter:add')}?shape={name}").content.decode()
    assert "Begin with the shape" in page
    assert "every answer and receipt of it was understood" in save(as_role, name)
    assert Adapter.objects.get().body_kind == name


def test_an_adapter_of_another_operator_is_not_called_wrong(as_role: As) -> None:
    page = save(as_role, "json", path="/v2/send", body='{"phone": "{to}", "message": "{text}"}')
    assert "does not speak the language of this adapter" in page
    assert "Not everything was understood" not in page
    assert "This differs." not in page


@pytest.mark.parametrize(("kind", "fault"), [("account", WRONG_ACCOUNT), ("money", NO_MONEY)])
def test_a_line_whose_account_is_refused_is_red_until_a_message_is_taken(
    kind: str, fault: str, gateway: Gateway, north: Connection
) -> None:
    Connection.objects.update(kind="adapter")
    links = {north.name: ConnectionStatus(Connection.Status.ONLINE, 5, 0, 0, 0)}
    state = GatewayStatus(Gateway.Status.RUNNING, 60, 3, 0, links)
    trouble.note(north.name, kind)
    try:
        watch.record(gateway, state)
        Connection.objects.update(status_since=timezone.now() - timedelta(minutes=1))
        watch.record(gateway, state)
        north.refresh_from_db()
        assert (north.status, north.fault) == (Connection.Status.DISCONNECTED, fault)
        assert "nothing leaves over" in Alert.objects.get(closed_at=None).sentence
    finally:
        trouble.forget(north.name)
    watch.record(gateway, state)
    north.refresh_from_db()
    assert north.status == Connection.Status.ONLINE
    assert not Alert.objects.filter(closed_at=None).exists()


def test_without_redis_trouble_is_noted_and_forgotten_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*words: object) -> None:
        raise RedisError

    for name in ("get", "set", "delete"):
        monkeypatch.setattr(trouble.cache, name, away, raising=False)
    trouble.note("nowhere", trouble.MONEY)
    assert trouble.of("nowhere") == ""
    trouble.forget("nowhere")


@pytest.mark.parametrize(
    ("name", "field", "value", "sentence"),
    [
        ("json", "body", '{"to": {to}}', "This is no JSON"),
        ("json", "body", '{"to": "{nobody}"}', "There is no placeholder {nobody} here"),
        ("json", "body", "", "Write the body that the operator expects"),
        ("json", "body_kind", "none", "Leave the template empty"),
        ("json", "method", "GET", "A GET has no body"),
        ("json", "path", "sms", "Begin with / and use"),
        ("json", "path", "/sms{nobody}", "There is no placeholder {nobody} here"),
        ("json", "headers", "no header", "Write each line as Name: value"),
        ("json", "headers", "Host: example.com", "Host is set by itself"),
        ("json", "headers", "X-Text: {text}", "There is no placeholder {text} here"),
        ("json", "taken_when", "PENDING", "Write each line as place = value"),
        ("json", "taken_when", "messages..0 = PENDING", "is no place"),
        ("json", "later_when", "status = (4..", "This is no regular expression"),
        ("json", "refused_when", "status = (4.)+", "Do not repeat a bracket"),
        ("json", "id_at", "messages = [0-9]+", "Put brackets around the part"),
        ("json", "receipt_state_at", "the state", "is no place"),
        ("json", "delivered_when", ".*", "fits every answer"),
        ("form", "body", "To {to}", "Write each line as Name=value"),
        ("xml", "body", "<request>", "This is no XML"),
        ("xml", "body", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "DOCTYPE is not taken"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused_at_its_field(
    name: str, field: str, value: str, sentence: str, as_role: As
) -> None:
    page = save(as_role, name, **{field: value}).replace("&#x27;", "'")
    assert sentence in page
    assert not Adapter.objects.exists()


def test_only_operator_staff_sees_adapters(as_role: As) -> None:
    adapter = preset("json")
    adapter.save()
    urls = [reverse("adapter:index"), reverse("operators:try_adapter", args=[adapter.pk])]
    assert [as_role("Editor").get(url).status_code for url in urls] == [302, 302]
    assert [as_role("Operator staff").get(url).status_code for url in urls] == [200, 200]


def test_an_adapter_in_use_stays_as_it_is_and_can_be_copied(as_role: As, north: Connection) -> None:
    adapter = preset("json")
    adapter.save()
    Connection.objects.filter(pk=north.pk).update(kind="adapter", adapter=adapter)
    browser, edit = as_role("Operator staff"), reverse("adapter:edit", args=[adapter.pk])
    assert "stays as it is" in browser.get(edit).content.decode()
    page = browser.post(edit, form_of("json", path="/other")).content.decode()
    assert f"{north.name} runs with this adapter" in page
    adapter.refresh_from_db()
    assert adapter.path == "/sms/2/text/advanced"
    copy = browser.get(reverse("adapter:copy", args=[adapter.pk])).content.decode()
    assert f'action="{reverse("adapter:add")}"' in copy
    browser.post(reverse("adapter:add"), form_of("json", path="/other", name="A copy"))
    assert Adapter.objects.get(name="A copy").path == "/other"


def test_an_adapter_that_is_wanted_stays_as_it_is_too(as_role: As, north: Connection) -> None:
    adapter = preset("json")
    adapter.save()
    wanted = north.wanted({"kind": "adapter", "adapter_id": adapter.pk})
    north.put_draft(wanted, None)
    page = as_role("Operator staff").post(
        reverse("adapter:edit", args=[adapter.pk]), form_of("json", path="/x")
    )
    assert "runs with this adapter" in page.content.decode()


def test_a_used_adapter_is_not_deleted(as_role: As, north: Connection) -> None:
    adapter = preset("json")
    adapter.save()
    Connection.objects.filter(pk=north.pk).update(kind="adapter", adapter=adapter)
    as_role("Operator staff").post(reverse("adapter:delete", args=[adapter.pk]))
    assert Adapter.objects.filter(pk=adapter.pk).exists()


def test_trying_shows_the_request_without_the_account(as_role: As) -> None:
    adapter = preset("form")
    adapter.save()
    page = as_role("Operator staff").get(reverse("operators:try_adapter", args=[adapter.pk])).content.decode()
    assert "Authorization: ••••••" in page
    assert "our-password" not in page
    assert "To=%2B79120000001" in page


def test_trying_marks_what_is_understood_otherwise(as_role: As) -> None:
    adapter = preset("json")
    adapter.refused_when, adapter.delivered_when = "status = 500", "DONE"
    adapter.save()
    page = as_role("Operator staff").get(reverse("operators:try_adapter", args=[adapter.pk])).content.decode()
    assert page.count("This differs.") == 2
    assert "Not everything was understood" in page


def test_an_answer_and_a_receipt_of_ones_own_are_read(as_role: As) -> None:
    adapter = preset("form")
    adapter.save()
    url = reverse("operators:try_adapter", args=[adapter.pk])
    sample = {
        "status": 201,
        "answer": '{"sid": "SM17"}',
        "receipt": "MessageSid=SM17&MessageStatus=failed&ErrorCode=30003",
    }
    page = as_role("Operator staff").post(url, sample).content.decode()
    assert "id SM17, code 30003" in page
    sample = {"status": 99, "answer": "", "receipt": "x=y"}
    assert "greater than or equal to 100" in as_role("Operator staff").post(url, sample).content.decode()
    sample["status"] = 500
    assert "No receipt was found in it" in as_role("Operator staff").post(url, sample).content.decode()


def test_a_message_of_a_customer_of_ones_own_is_read(as_role: As) -> None:
    adapter = preset("form")
    adapter.save()
    url = reverse("operators:try_adapter", args=[adapter.pk])
    sample = {"status": 200, "inbound": "From=%2B79161234567&To=1500&Body=Come+in"}
    page = as_role("Operator staff").post(url, sample).content.decode()
    assert "The message is from +79161234567 to 1500" in page
    assert "<q>Come in</q>" in page
    sample["inbound"] = "x=y"
    assert (
        "No message of a customer was found" in as_role("Operator staff").post(url, sample).content.decode()
    )


def test_the_addresses_for_receipts_and_for_messages_of_customers_are_shown(
    as_role: As, north: Connection
) -> None:
    for shape, brings in (("form", True), ("xml", False)):
        adapter = preset(shape)
        adapter.save()
        Connection.objects.filter(pk=north.pk).update(kind="adapter", adapter=adapter)
        page = (
            as_role("Operator staff")
            .get(reverse("operators:try_adapter", args=[adapter.pk]))
            .content.decode()
        )
        assert f"/receipts/{north.name}/" in page
        assert (f"/inbound/{north.name}/" in page) is brings


def test_the_state_of_a_line_tells_what_the_operator_says_of_the_account(
    as_role: As, north: Connection, clean_redis: object
) -> None:
    adapter = preset("form")
    adapter.save()
    Connection.objects.filter(pk=north.pk).update(kind="adapter", adapter=adapter)
    account.note(north.name, Decimal("1234.50"), Decimal("0.034550"))
    page = as_role("Operator staff").get(reverse("operators:connections")).content.decode()
    assert "1,234.50" in page
    assert "0.034550" in page


def test_trying_an_adapter_that_no_longer_makes_sense_says_why(as_role: As) -> None:
    adapter = preset("json")
    adapter.body = "{"
    adapter.save()
    url = reverse("operators:try_adapter", args=[adapter.pk])
    assert "This is no JSON" in as_role("Operator staff").post(url, {"status": 200}).content.decode()


def test_the_list_asks_the_database_as_often_for_many_as_for_one(as_role: As, north: Connection) -> None:
    browser, url = as_role("Operator staff"), reverse("adapter:index")

    def asked() -> int:
        with CaptureQueriesContext(database) as queries:
            assert browser.get(url).status_code == 200
        return len(queries)

    first = preset("json")
    first.save()
    Connection.objects.filter(pk=north.pk).update(adapter=first)
    asked()
    few = asked()
    for number in range(9):
        another = preset("xml")
        another.name = f"Number {number}"
        another.save()
    assert asked() == few


def connection_form(line: Connection, chosen: Adapter, **values: object) -> dict[str, object]:
    return {
        "name": "third-1",
        "operator": line.operator_id,
        "gateway": line.gateway_id,
        "kind": "adapter",
        "adapter": chosen.pk,
        "is_enabled": "on",
        "host": "api.example.com",
        "port": 443,
        "use_tls": "on",
        "username": "AC17",
        "password": "include " + "t" * 300,
        "receipt_port": 14_321,
        "throughput_per_second": 100,
        "window": 10,
        "source_autodetect": "on",
        **values,
    }


def test_a_connection_goes_through_an_adapter_and_keeps_its_token_to_itself(
    as_role: As, north: Connection
) -> None:
    adapter = preset("json")
    adapter.save()
    browser = as_role("Operator staff")
    page = browser.post(
        reverse("connection:add"), connection_form(north, adapter), follow=True
    ).content.decode()
    assert "Changes to apply" in page
    made = Connection.objects.get(name="third-1")
    assert (made.adapter, len(made.password), made.path) == (adapter, 308, "")
    assert "tttt" not in page


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"adapter": ""}, "Choose the adapter"),
        ({"receipt_port": ""}, "needs a port for its receipts"),
        ({"host": "https://api.example.com"}, "Write a host name"),
        ({"password": "й"}, "Use Latin letters"),
    ],
)
def test_a_connection_without_what_it_needs_is_refused_at_its_field(
    values: dict[str, object], sentence: str, as_role: As, north: Connection
) -> None:
    adapter = preset("json")
    adapter.save()
    form = connection_form(north, adapter, **values)
    assert sentence in as_role("Operator staff").post(reverse("connection:add"), form).content.decode()
