"""Numbers taken along to other networks: the list by file, and the networks themselves."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from backoffice.alerts.models import Alert
from backoffice.operators import file_tasks
from backoffice.operators.models import Network, PortedNumber, PortingRun
from backoffice.operators.networks import number_plan
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _networks(db: None) -> None:
    Network.objects.create(name="Beeline", prefix="+7903")
    Network.objects.create(name="MTS", prefix="+7910")


def upload(client: Client, text: str, **values: object) -> tuple[PortingRun | None, str]:
    file = SimpleUploadedFile("ported.csv", text.encode())
    answer = client.post(reverse("porting:upload"), {"file": file, **values}, follow=True)
    return PortingRun.objects.first(), answer.content.decode()


def taken(client: Client, text: str, **values: object) -> PortingRun:
    """The file, uploaded and worked on."""
    run, _page = upload(client, text, **values)
    assert run is not None
    client.post(reverse("porting:start", args=[run.pk]))
    file_tasks.port_numbers.call_local(run.pk)
    run.refresh_from_db()
    return run


def ported() -> dict[str, str]:
    return dict(PortedNumber.objects.values_list("phone", "network__name"))


def test_numbers_are_put_on_the_list_and_the_same_file_changes_nothing(as_role: As) -> None:
    client = as_role("Operator staff")
    text = "phone;network\n8 (905) 000-00-01;beeline\n+79050000002;MTS\n"
    run = taken(client, text)
    assert (run.state, run.rows_read, run.added) == ("done", 2, 2)
    assert ported() == {"+79050000001": "Beeline", "+79050000002": "MTS"}
    again = taken(client, text)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)


def test_a_number_moves_on_and_the_last_row_about_it_counts(as_role: As) -> None:
    client = as_role("Operator staff")
    taken(client, "номер,сеть\n79050000001,MTS\n")
    run = taken(client, "номер,сеть\n79050000001,MTS\n79050000001,Beeline\n")
    assert (run.changed, ported()) == (1, {"+79050000001": "Beeline"})


def test_a_whole_list_takes_off_what_is_not_in_it(as_role: As) -> None:
    client = as_role("Operator staff")
    taken(client, "phone,network\n79050000001,MTS\n79050000002,MTS\n")
    run = taken(client, "phone,network\n79050000002,MTS\n", file_is_whole_list="on")
    assert (run.removed, run.unchanged, ported()) == (1, 1, {"+79050000002": "MTS"})


def test_bad_rows_are_named_left_out_and_told(as_role: As) -> None:
    client = as_role("Operator staff")
    run = taken(client, "phone,network\n79050000001,MTS\nx,MTS\n79050000003,Nowhere\n\n79050000004\n")
    assert (run.rows_read, run.bad, run.added) == (4, 3, 1)
    page = client.get(reverse("porting:run", args=[run.pk])).content.decode()
    assert "This is not a phone number." in page
    assert "nowhere: No network has this name." in page
    assert "79050000003" not in page
    bad = client.get(reverse("porting:bad_rows", args=[run.pk]))
    assert b"79050000003,nowhere" in b"".join(bad)
    assert "3 rows were left out" in Alert.objects.get().sentence


def test_the_first_rows_are_shown_with_masked_numbers(as_role: As) -> None:
    _run, page = upload(as_role("Operator staff"), "phone,network\n79050000001,MTS\nsomething,MTS\n")
    assert "2 rows can be read." in page
    assert "MTS" in page
    assert "79050000001" not in page
    assert "something" not in page


def test_a_file_without_headings_is_matched_by_hand(as_role: As) -> None:
    client = as_role("Operator staff")
    run, page = upload(client, "MTS,79050000001\n")
    assert run is not None
    assert "Choose the column that holds: phone number (phone)." in page
    client.post(reverse("porting:start", args=[run.pk]), {"column_0": "network", "column_1": "phone"})
    file_tasks.porting.run(run.pk)
    assert ported() == {"+79050000001": "MTS"}


def test_a_whole_list_with_a_row_that_cannot_be_read_takes_nothing_off(as_role: As) -> None:
    client = as_role("Operator staff")
    taken(client, "phone,network\n79050000001,MTS\n79050000002,MTS\n")
    run = taken(client, 'phone,network\n79050000001,"MTS\n79050000002,MTS\n', file_is_whole_list="on")
    assert "1 row cannot be read (row 2)" in run.problem
    assert ported() == {"+79050000001": "MTS", "+79050000002": "MTS"}


def test_a_stopped_file_changes_nothing(as_role: As) -> None:
    client = as_role("Operator staff")
    run, _page = upload(client, "phone,network\n79050000001,MTS\n")
    assert run is not None
    client.post(reverse("porting:stop", args=[run.pk]))
    file_tasks.port_numbers.call_local(run.pk)
    assert ported() == {}
    assert (
        "Stopped. Nothing was changed." in client.get(reverse("porting:run", args=[run.pk])).content.decode()
    )


def test_a_file_at_work_shows_its_progress(as_role: As) -> None:
    client = as_role("Operator staff")
    run, _page = upload(client, "phone,network\n79050000001,MTS\n")
    assert run is not None
    PortingRun.objects.update(state="waiting")
    page = client.get(reverse("porting:run", args=[run.pk])).content.decode()
    assert reverse("porting:progress", args=[run.pk]) in page
    assert b"Waiting for its turn." in client.get(reverse("porting:progress", args=[run.pk])).content


def test_a_file_that_is_gone_is_said(as_role: As) -> None:
    client = as_role("Operator staff")
    run, _page = upload(client, "phone,network\n79050000001,MTS\n")
    assert run is not None
    PortingRun.objects.update(file="imports/gone.csv")
    assert b"The file is not there any more." in client.get(reverse("porting:run", args=[run.pk])).content


def test_networks_of_the_number_plan_are_added_once(as_role: As) -> None:
    client, url = as_role("Operator staff"), reverse("porting:networks")
    client.post(url)
    found = dict(Network.objects.values_list("name", "prefix"))
    assert found["Beeline"] == "+7903"
    assert found["MegaFon"] in number_plan("RU")["MegaFon"]
    page = client.post(url, follow=True).content.decode()
    assert "All networks of the number plan are here already." in page
    assert all(prefix.startswith("+79") for prefix in found.values())


def test_a_prefix_of_a_network_is_checked(as_role: As) -> None:
    client = as_role("Operator staff")
    page = client.post(reverse("network:add"), {"name": "T2", "prefix": "900"}).content.decode()
    assert "Write + and the digits numbers begin with" in page
    client.post(reverse("network:add"), {"name": "T2", "prefix": "+7 900"})
    assert Network.objects.get(name="T2").prefix == "+7900"


def test_a_network_with_numbers_is_not_deleted(as_role: As) -> None:
    network = Network.objects.get(name="MTS")
    PortedNumber.objects.create(phone="+79050000001", network=network)
    page = as_role("Operator staff").post(reverse("network:delete", args=[network.pk]), follow=True)
    assert "was not deleted" in page.content.decode()
    assert Network.objects.filter(name="MTS").exists()


@pytest.mark.parametrize("name", ["network:index", "porting:index"])
def test_lists_take_the_same_queries_for_more_rows(
    name: str, as_role: As, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, url = as_role("Operator staff"), reverse(name)
    PortingRun.objects.create(name="first.csv")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for number in range(4):
        PortingRun.objects.create(name=f"{number}.csv")
        network = Network.objects.create(name=f"N{number}", prefix="+7")
        PortedNumber.objects.create(phone=f"+7905000000{number}", network=network)
    with django_assert_num_queries(len(few)):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("role", ["Analyst", "Editor"])
def test_others_change_no_networks(role: str, as_role: As) -> None:
    client = as_role(role)
    assert client.get(reverse("network:index")).status_code == 302
    assert client.get(reverse("porting:upload")).status_code in (302, 403)
    assert client.post(reverse("porting:networks")).status_code in (302, 403)
