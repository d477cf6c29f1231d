"""A connection that people wrote over stays in the history; what waits for it when it is taken out of use goes elsewhere or is told."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from backoffice.accounts.models import User
from backoffice.alerts import closing
from backoffice.alerts.models import Alert
from backoffice.mailings import ledger, moving, waiting
from backoffice.mailings.models import Mailing, Message
from backoffice.operators.connections.waiting import stuck_under
from backoffice.operators.models import Operator
from kannel.models import ApplyRun, Connection, Gateway
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import _static_files_as_they_are  # noqa: F401  pages are asked for

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]


@pytest.fixture
def one(north: Connection, south: Connection, make_customer: MakeCustomer, running: Running) -> Mailing:
    """Running, with a message over South."""
    make_customer()
    return running()


def taken_out(via: Connection) -> None:
    Connection.objects.filter(pk=via.pk).update(is_enabled=False)


def open_alarms() -> list[str]:
    return list(Alert.objects.filter(closed_at=None, level="alarm").values_list("cause", flat=True))


def test_what_waits_for_a_connection_out_of_use_goes_another_way(
    one: Mailing, south: Connection, north: Connection
) -> None:
    Mailing.objects.update(extra_percent=100)
    taken_out(south)
    assert moving.move_all().messages == 1
    assert Message.objects.get().connection == north


def test_while_a_change_is_applied_nothing_is_moved(one: Mailing, south: Connection) -> None:
    """A connection that gets another port is out of use for a moment."""
    ApplyRun.objects.create(gateway=south.gateway, state=ApplyRun.State.RUNNING)
    taken_out(south)
    assert moving.to_move() == []


def test_without_another_way_it_is_told_until_nothing_waits(
    one: Mailing, south: Connection, north: Connection
) -> None:
    taken_out(south)
    taken_out(north)
    moving.move_all()
    assert open_alarms() == [f"stranded:south-1:{one.pk}"]
    assert "out of use" in Alert.objects.get(closed_at=None).sentence
    closing.close_what_is_over()
    assert open_alarms() == [f"stranded:south-1:{one.pk}"]
    Message.objects.update(state="cancelled")
    closing.close_what_is_over()
    assert open_alarms() == []


def test_what_would_go_where_is_said_before(one: Mailing, south: Connection) -> None:
    [line] = waiting.waiting_for([south])
    assert line.has_other_way
    assert "1 message of “Autumn” waits for it." in line.sentence
    assert "North (north-1)" in line.sentence


def test_that_nobody_else_could_carry_it_is_said_before(
    one: Mailing, south: Connection, north: Connection
) -> None:
    taken_out(north)
    [line] = waiting.waiting_for([south])
    assert not line.has_other_way


def test_a_connection_with_messages_cannot_be_deleted_by_anybody(one: Mailing, south: Connection) -> None:
    with pytest.raises((IntegrityError, ProtectedError)), transaction.atomic():
        Connection.objects.filter(pk=south.pk).delete()
    assert ledger.by_operator(one.pk)[0].operator == "South"


def test_the_page_for_deleting_says_what_keeps_it(one: Mailing, south: Connection, client: Client) -> None:
    taken_out(south)
    client.force_login(User.objects.create_superuser("staff"))
    for ask in (client.get, client.post):
        page = ask(reverse("connection:delete", args=[south.pk]), follow=True).content.decode()
        assert "its history stays whole" in page
    assert Connection.objects.filter(pk=south.pk).exists()


def test_one_that_nothing_refers_to_can_be_deleted(south: Connection, client: Client) -> None:
    taken_out(south)
    client.force_login(User.objects.create_superuser("staff"))
    client.post(reverse("connection:delete", args=[south.pk]))
    assert not Connection.objects.filter(pk=south.pk).exists()


def edit_page(client: Client, row: Operator | Gateway) -> str:
    client.force_login(User.objects.create_superuser("staff"))
    name = "operator:edit" if isinstance(row, Operator) else "gateway:edit"
    return client.get(reverse(name, args=[row.pk])).content.decode()


def test_the_form_of_an_operator_says_beforehand_what_waits_and_where_it_goes(
    one: Mailing, south: Connection, client: Client
) -> None:
    page = edit_page(client, south.operator)
    assert "What happens if you take it out of use:" in page
    assert "1 message of “Autumn” waits for it. They go over North (north-1)" in page


def test_the_form_of_an_operator_with_nothing_to_do_says_nothing(
    one: Mailing, north: Connection, client: Client
) -> None:
    assert "What happens if you take it out of use:" not in edit_page(client, north.operator)


def test_the_form_of_a_gateway_says_that_nobody_else_could_carry_what_waits(
    one: Mailing, gateway: Gateway, client: Client
) -> None:
    assert "they would stay where they are" in edit_page(client, gateway)


def operator_posted(client: Client, operator: Operator, **values: str) -> str:
    """The page after its form was sent without the tick of being in use."""
    steps = {f"steps-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS")}
    form = {"name": operator.name, "currency": "RUB", "receipt_margin": "24", "commitment_per_month": "0"}
    client.force_login(User.objects.get_or_create(username="staff", is_superuser=True)[0])
    address = reverse("operator:edit", args=[operator.pk])
    return client.post(
        address, form | steps | {"steps-MAX_NUM_FORMS": "1000"} | values, follow=True
    ).content.decode()


def test_an_operator_is_taken_out_of_use_once_somebody_has_read_what_goes_where(
    one: Mailing, south: Connection, client: Client
) -> None:
    asked = operator_posted(client, south.operator)
    assert "Is that right? Then tick the box and save again." in asked
    assert Operator.objects.get(pk=south.operator_id).is_enabled
    operator_posted(client, south.operator, goes_elsewhere="on")
    assert not Operator.objects.get(pk=south.operator_id).is_enabled


def test_an_operator_is_not_taken_out_of_use_under_messages_that_nobody_else_could_carry(
    one: Mailing, south: Connection, north: Connection, client: Client
) -> None:
    taken_out(north)
    page = operator_posted(client, south.operator, goes_elsewhere="on")
    assert "Cancel or finish these mailings first" in page
    assert Operator.objects.get(pk=south.operator_id).is_enabled


def test_an_operator_for_which_nothing_waits_is_taken_out_of_use_at_once(
    north: Connection, client: Client
) -> None:
    operator_posted(client, north.operator)
    assert not Operator.objects.get(pk=north.operator_id).is_enabled


def test_a_gateway_is_not_taken_out_of_use_under_messages_that_nobody_else_could_carry(
    one: Mailing, gateway: Gateway, south: Connection
) -> None:
    assert "Cancel or finish these mailings first" in stuck_under(gateway)[-1]
    assert stuck_under(south) == []


def test_what_a_gateway_out_of_use_strands_is_said_before_it_is_applied(
    one: Mailing, gateway: Gateway, client: Client
) -> None:
    gateway.put_draft(
        Gateway(
            **{
                **{f.attname: getattr(gateway, f.attname) for f in Gateway._meta.concrete_fields},
                "is_enabled": False,
            }
        ),
        None,
    )
    client.force_login(User.objects.create_superuser("staff"))
    page = client.get(reverse("operators:changes")).content.decode()
    assert "main is taken out of use:" in page
    assert "1 message of “Autumn” waits for it." in page
