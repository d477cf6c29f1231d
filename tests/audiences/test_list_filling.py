"""Files of numbers onto lists, and off them."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.audiences import list_export, tasks
from backoffice.audiences.models import Audience, CustomerList, ListMember, ListRun
from backoffice.customers.models import Customer
from backoffice.lib.runs import rows_of
from backoffice.lib.spreadsheets import csv_pieces

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis", "_files_in_a_folder_of_their_own"),
]
Make = Callable[..., ListRun]
SAMPLES = Path(__file__).parents[2] / "fixtures" / "samples"


@pytest.fixture
def _files_in_a_folder_of_their_own(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def vip(db: None) -> CustomerList:
    return CustomerList.objects.create(name="VIP")


@pytest.fixture
def upload(vip: CustomerList) -> Make:
    """A run that somebody has started, with a file of these lines."""

    def make(*lines: str, verb: str = "add", identity: str = "phone", **values: Any) -> ListRun:
        run = ListRun(
            customer_list=vip, verb=verb, identity=identity, state="waiting", name="vip.csv", **values
        )
        run.file.save("vip.csv", ContentFile("\n".join(lines)))
        return run

    return make


def done(run: ListRun) -> ListRun:
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.problem
    return run


def ids_on(customer_list: CustomerList) -> set[str]:
    return set(customer_list.members.values_list("customer__external_id", flat=True))


def counts(run: ListRun) -> dict[str, int]:
    names = ("rows_read", "added", "removed", "unchanged", "created", "repeated", "bad")
    return {name: getattr(run, name) for name in names if getattr(run, name)}


def reported(run: ListRun) -> list[list[str]]:
    return list(rows_of(run.bad_rows))


def people(*phones: str) -> None:
    for number, phone in enumerate(phones, start=1):
        Customer.objects.create(external_id=f"C{number}", phone=phone)


ANNA, BORIS = "+79161234567", "+79161234568"


def test_numbers_in_any_form_find_their_customers(upload: Make, vip: CustomerList) -> None:
    people(ANNA, BORIS)
    run = done(upload("8 (916) 123-45-67", "79161234568"))
    assert counts(run) == {"rows_read": 2, "added": 2}
    assert ids_on(vip) == {"C1", "C2"}
    vip.refresh_from_db()
    assert vip.members_count == 2


def test_numbers_in_the_crm_find_their_customers(upload: Make, vip: CustomerList) -> None:
    people(ANNA, BORIS)
    run = done(upload("name;id", "x;C2", "y;", "z;C9", identity="external_id", column=1, has_heading=True))
    assert ids_on(vip) == {"C2"}
    assert reported(run) == [
        ["row", "what is wrong", "number in the CRM"],
        ["3", "There is no number in this row.", ""],
        ["4", "No customer has this number in the CRM.", "C9"],
    ]


def test_rows_that_name_nobody_are_reported_as_uploaded_in_the_order_of_the_file(upload: Make) -> None:
    people(ANNA)
    run = done(upload("phone", "9990000000", "hello", "8 916 123 45 67", "", "+7 12", has_heading=True))
    assert counts(run) == {"rows_read": 4, "added": 1, "bad": 3}
    assert reported(run)[1:] == [
        ["2", "No customer has this number.", "9990000000"],
        ["3", "This is not a phone number.", "hello"],
        ["6", "No such phone number exists. Check its digits and the country code.", "+7 12"],
    ]


def test_the_same_customer_twice_counts_once(upload: Make, vip: CustomerList) -> None:
    people(ANNA)
    run = done(upload(ANNA, "8 916 123-45-67", "9161234567"))
    assert counts(run) == {"rows_read": 3, "added": 1, "repeated": 2}
    assert counts(done(upload(ANNA))) == {"rows_read": 1, "unchanged": 1}
    assert vip.members.count() == 1


def test_a_number_of_several_customers_stands_for_all_of_them(upload: Make, vip: CustomerList) -> None:
    people(ANNA, ANNA)
    assert counts(done(upload(ANNA))) == {"rows_read": 1, "added": 2}
    assert ids_on(vip) == {"C1", "C2"}


def test_the_sample_of_a_list_is_read(vip: CustomerList) -> None:
    people(ANNA, BORIS)
    run = ListRun(customer_list=vip, verb="add", state="waiting", column=1, has_heading=True)
    run.file.save("sample.csv", ContentFile((SAMPLES / "list-with-bad-rows.csv").read_bytes()))
    assert counts(done(run)) == {"rows_read": 5, "added": 2, "repeated": 1, "bad": 2}


def test_customers_are_taken_off_by_a_file(upload: Make, vip: CustomerList) -> None:
    people(ANNA, BORIS, "+79161234569")
    done(upload(ANNA, BORIS))
    run = done(upload(BORIS, "+79161234569", "9990000000", verb="remove"))
    assert counts(run) == {"rows_read": 3, "removed": 1, "unchanged": 1, "bad": 1}
    assert ids_on(vip) == {"C1"}
    vip.refresh_from_db()
    assert vip.members_count == 1


def test_unknown_numbers_become_customers_when_asked_so(upload: Make, vip: CustomerList) -> None:
    people(ANNA)
    run = done(upload(ANNA, "9990000000", "9990000000", "9990000009", makes_customers=True))
    assert counts(run) == {"rows_read": 4, "added": 3, "created": 2, "repeated": 1}
    made = Customer.objects.get(phone="+79990000000")
    assert (made.tags, made.is_blocked) == ([], False)


def test_no_phone_number_is_read_from_the_number_in_the_crm_of_a_customer_of_a_list(
    upload: Make, vip: CustomerList
) -> None:
    done(upload("9990000000", "9990000009", makes_customers=True))
    numbers = list(Customer.objects.order_by("phone").values_list("external_id", flat=True))
    assert len(set(numbers)) == 2
    assert all(number.startswith("list-") for number in numbers)
    assert not any("999000000" in number for number in numbers)


def test_a_list_of_thousands_with_one_in_a_hundred_bad_comes_out_as_it_went_in(
    upload: Make, vip: CustomerList
) -> None:
    numbers = [f"+7916{number:07}" for number in range(5000)]
    Customer.objects.bulk_create(
        Customer(external_id=f"B{number}", phone=phone) for number, phone in enumerate(numbers)
    )
    bad = {number: "+7 916 12" if number % 200 else "9990000000" for number in range(0, 5000, 100)}
    run = done(upload(*(bad.get(number, phone) for number, phone in enumerate(numbers))))
    assert counts(run) == {"rows_read": 5000, "added": 4950, "bad": 50}
    assert [int(row[0]) for row in reported(run)[1:]] == [number + 1 for number in bad]
    table = "".join(csv_pieces(list_export.heading(), list_export.rows_of(vip, reveals=True)))
    exported = [row[1] for row in csv.reader(io.StringIO(table))][1:]
    assert [f"+{phone}" for phone in exported] == [
        phone for number, phone in enumerate(numbers) if number not in bad
    ]
    # And it goes in again as it came out.
    again = upload(*table.removeprefix("\ufeff").splitlines(), column=1, has_heading=True)
    assert counts(done(again)) == {"rows_read": 4950, "unchanged": 4950}


def test_the_export_is_read_in_pages(vip: CustomerList, monkeypatch: pytest.MonkeyPatch) -> None:
    people(ANNA, BORIS, "+79161234569")
    vip.members.bulk_create(ListMember(customer_list=vip, customer=one) for one in Customer.objects.all())
    monkeypatch.setattr(list_export, "PAGE_ROWS", 2)
    assert list(list_export.rows_of(vip, reveals=False)) == [
        ["C1", "7 916 ••• •• 67"],
        ["C2", "7 916 ••• •• 68"],
        ["C3", "7 916 ••• •• 69"],
    ]


def test_stopping_in_the_middle_changes_nothing(upload: Make, vip: CustomerList) -> None:
    people(ANNA)
    run = upload(*[ANNA] * 12_000)
    heard = []

    def work(run: ListRun, tell: Callable[[int], None]) -> None:
        def stop_after_the_first_thousands(rows: int) -> None:
            heard.append(rows)
            cache.set(f"parley:list:{run.pk}:stop", True)
            tell(rows)

        tasks.runner.work(run, stop_after_the_first_thousands)

    replace(tasks.runner, work=work).run(run.pk)
    run.refresh_from_db()
    assert heard == [5000]
    assert (run.state, vip.members.count(), run.added) == ("stopped", 0, 0)


def test_the_sweep_does_again_what_a_dead_worker_left(upload: Make, vip: CustomerList) -> None:
    people(ANNA)
    run = upload(ANNA)
    ListRun.objects.update(state="running")
    tasks.sweep_lists.call_local()
    run.refresh_from_db()
    assert (run.state, vip.members.count()) == ("done", 1)


def test_the_wake_up_does_the_work(upload: Make, vip: CustomerList) -> None:
    people(ANNA)
    tasks.change_list.call_local(upload(ANNA).pk)
    assert vip.members.count() == 1


def test_a_run_that_another_worker_is_at_is_left_alone(upload: Make) -> None:
    run = upload(ANNA)
    values = connection.settings_dict
    with psycopg2.connect(
        dbname=values["NAME"], user=values["USER"], host=values["HOST"], port=values["PORT"],
        password=values["PASSWORD"],
    ) as other:  # fmt: skip
        other.cursor().execute("SELECT pg_advisory_lock(hashtext(%s), %s)", [ListRun._meta.db_table, run.pk])
        tasks.runner.run(run.pk)
    other.close()
    run.refresh_from_db()
    assert run.state == "waiting"


def test_a_file_that_is_gone_fails_in_a_sentence_and_waits_in_the_feed(upload: Make) -> None:
    run = upload(ANNA)
    Path(run.file.path).unlink()
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("failed", "The file is not there any more. Upload it again.")
    alert = Alert.objects.get()
    assert alert.sentence.startswith("The list “VIP” was not changed.")
    assert alert.link == f"/audiences/lists/runs/{run.pk}/"


def test_bad_rows_wait_in_the_feed_of_those_who_may_look(upload: Make, vip: CustomerList) -> None:
    CustomerList.objects.update(kind="exclusion")
    done(upload("9990000000"))
    alert = Alert.objects.get()
    assert alert.sentence == "The list “VIP” was changed, but 1 row of “vip.csv” names nobody. Look which."
    assert set(alert.groups.values_list("name", flat=True)) == {"Editor", "Privacy officer"}


def test_who_changed_a_list_is_in_the_history(upload: Make, vip: CustomerList) -> None:
    people(ANNA)
    olga = User.objects.create_user("olga")
    done(upload(ANNA, created_by=olga))
    entry = ModelLogEntry.objects.get(action="audiences.list_changed")
    assert (entry.user, entry.data) == (olga, {"verb": "add", "added": 1, "removed": 0})


# Sets


@pytest.fixture
def three(vip: CustomerList) -> CustomerList:
    """VIP has C1 and C2, the other list C2 and C3."""
    people(ANNA, BORIS, "+79161234569")
    other = CustomerList.objects.create(name="Other")
    by_id = {one.external_id: one for one in Customer.objects.all()}
    for customer_list, ids in ((vip, ("C1", "C2")), (other, ("C2", "C3"))):
        for external_id in ids:
            ListMember.objects.create(customer_list=customer_list, customer=by_id[external_id])
    return other


def combine(verb: str, target: CustomerList, **values: Any) -> ListRun:
    return done(ListRun.objects.create(customer_list=target, verb=verb, state="waiting", name=verb, **values))


SETS = [("union", {"C1", "C2", "C3"}), ("intersect", {"C2"}), ("subtract", {"C1"})]


@pytest.mark.parametrize(("verb", "expected"), SETS)
def test_two_lists_make_a_new_one(
    vip: CustomerList, three: CustomerList, verb: str, expected: set[str]
) -> None:
    new = CustomerList.objects.create(name="New")
    run = combine(verb, new, left=vip, right_list=three)
    assert ids_on(new) == expected
    assert counts(run) == {"added": len(expected)}
    assert ids_on(vip) == {"C1", "C2"}


@pytest.mark.parametrize(("verb", "expected"), SETS)
def test_a_list_takes_the_result_itself(
    vip: CustomerList, three: CustomerList, verb: str, expected: set[str]
) -> None:
    combine(verb, vip, left=vip, right_list=three)
    assert ids_on(vip) == expected
    vip.refresh_from_db()
    assert vip.members_count == len(expected)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)), st.sampled_from(SETS))
def test_sets_of_lists_are_sets(mine: set[int], others: set[int], case: tuple[str, Any]) -> None:
    ListMember.objects.all().delete()
    customers = [
        Customer.objects.get_or_create(external_id=f"S{number}", defaults={"phone": ""})[0]
        for number in range(10)
    ]
    left, _ = CustomerList.objects.get_or_create(name="left")
    right, _ = CustomerList.objects.get_or_create(name="right")
    for customer_list, numbers in ((left, mine), (right, others)):
        ListMember.objects.bulk_create(
            ListMember(customer_list=customer_list, customer=customers[number]) for number in numbers
        )
    combine(case[0], left, left=left, right_list=right)
    expected = {"union": mine | others, "intersect": mine & others, "subtract": mine - others}[case[0]]
    assert ids_on(left) == {f"S{number}" for number in expected}


def test_a_list_without_an_audience_leaves_those_who_do_not_fit(
    vip: CustomerList, three: CustomerList
) -> None:
    Customer.objects.filter(external_id="C1").update(city="Kazan")
    kazan = Audience.objects.create(name="Kazan", rules=[{"type": "city", "value": {"names": "Kazan"}}])
    combine("subtract", vip, left=vip, right_audience=kazan)
    assert ids_on(vip) == {"C2"}


def test_a_frozen_list_keeps_who_fitted_and_the_words(vip: CustomerList, three: CustomerList) -> None:
    Customer.objects.filter(external_id="C1").update(city="Kazan")
    kazan = Audience.objects.create(name="Kazan", rules=[{"type": "city", "value": {"names": "Kazan"}}])
    frozen = CustomerList.objects.create(name="Frozen", kind="frozen")
    combine("freeze", frozen, right_audience=kazan)
    Customer.objects.update(city="Moscow")
    kazan.delete()
    frozen.refresh_from_db()
    assert ids_on(frozen) == {"C1"}
    assert (frozen.frozen_from, frozen.frozen_sentence) == ("Kazan", "The city is Kazan.")
    assert frozen.frozen_at is not None
    assert frozen.members_count == 1


def test_an_emptied_list_has_nobody(vip: CustomerList, three: CustomerList) -> None:
    run = combine("empty", vip)
    assert counts(run) == {"removed": 2}
    assert not ids_on(vip)
    assert Customer.objects.count() == 3


def test_sets_of_what_was_deleted_fail_in_a_sentence(vip: CustomerList, three: CustomerList) -> None:
    run = ListRun.objects.create(
        customer_list=vip, verb="subtract", left=vip, right_list=three, state="waiting"
    )
    three.delete()
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.problem.startswith("A list or an audience that this is made from was deleted.")
    assert ids_on(vip) == {"C1", "C2"}


def test_an_audience_that_cannot_be_used_fails_in_a_sentence(vip: CustomerList) -> None:
    broken = Audience.objects.create(name="Broken", rules=[{"type": "city", "value": {"names": ""}}])
    run = ListRun.objects.create(customer_list=vip, verb="freeze", right_audience=broken, state="waiting")
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert "“Broken” has conditions that are not complete" in run.problem
