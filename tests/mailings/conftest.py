"""A small company to plan for: two operators over one gateway, and customers with their consents."""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.audiences.models import Audience
from backoffice.customers.models import Consent, Customer, Purpose
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from backoffice.operators.models import Operator, Tariff
from kannel.models import Connection, Gateway
from tests.mailings.clock import clock_at
from tests.mailings.repeating import FRIDAY, Repeat

MakeCustomer = Callable[..., Customer]


@pytest.fixture
def gateway(db: None) -> Gateway:
    return Gateway.objects.create(name="main", status=Gateway.Status.RUNNING, seen_at=timezone.now())


def _operator(gateway: Gateway, name: str, kind: str, prices: dict[str, str]) -> Connection:
    operator = Operator.objects.create(name=name, receipt_margin=timedelta(hours=1))
    for prefix, price in prices.items():
        Tariff.objects.create(
            operator=operator, prefix=prefix, price_per_part=Decimal(price), valid_from=date(2020, 1, 1)
        )
    return Connection.objects.create(
        gateway=gateway,
        operator=operator,
        name=f"{name.lower()}-1",
        kind=kind,
        host="127.0.0.1",
        port=2775,
        status=Connection.Status.ONLINE,
        status_since=timezone.now(),
        seen_at=timezone.now(),
    )


@pytest.fixture
def north(gateway: Gateway) -> Connection:
    """Dearer in general, cheaper for +7916."""
    return _operator(gateway, "North", "smpp", {"+7": "2.50", "+7916": "1.10"})


@pytest.fixture
def south(gateway: Gateway) -> Connection:
    """Cheaper in general."""
    return _operator(gateway, "South", "http", {"+7": "2.00", "+7916": "1.50"})


@pytest.fixture
def make_customer(db: None) -> MakeCustomer:
    """Makes a customer who agreed to marketing, unless told otherwise."""
    count = 0

    def make(phone: str | None = None, *, consent: str | None = "given", **values: Any) -> Customer:
        nonlocal count
        count += 1
        customer = Customer.objects.create(
            external_id=values.pop("external_id", f"C{count}"),
            phone=f"+7905000{count:04d}" if phone is None else phone,
            **values,
        )
        if consent:
            Consent.objects.create(
                customer=customer,
                purpose=Purpose.MARKETING,
                state=consent,
                since=timezone.now(),
                source="form",
            )
        return customer

    return make


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_superuser("editor", "editor@example.org", "a long password")


@pytest.fixture
def approver(db: None) -> User:
    return User.objects.create_superuser("approver", "approver@example.org", "a long password")


@pytest.fixture
def mailing(editor: User) -> Mailing:
    """At any hour, to everybody, one sentence."""
    return Mailing.objects.create(
        name="Autumn",
        template=MessageTemplate.objects.create(
            name="Autumn offer", text='Dear {first_name|default:"customer"}, come in.'
        ),
        audience=Audience.objects.create(name="Everybody"),
        local_from=time(0),
        local_to=time(0),
        created_by=editor,
    )


@pytest.fixture
def planned(mailing: Mailing, editor: User) -> Callable[[], Mailing]:
    """Plans the mailing."""

    def go() -> Mailing:
        lifecycle.request_plan(mailing, editor)
        planning.plan(mailing)
        mailing.refresh_from_db()
        return mailing

    return go


@pytest.fixture
def running(planned: Callable[[], Mailing], editor: User, approver: User) -> Callable[[], Mailing]:
    """Plans, submits, approves and starts the mailing."""

    def go() -> Mailing:
        mailing = planned()
        assert mailing.state == Mailing.State.PLANNED, mailing.problem
        lifecycle.submit(mailing, editor)
        lifecycle.approve(mailing, approver)
        lifecycle.start_due()
        mailing.refresh_from_db()
        assert mailing.state == Mailing.State.RUNNING, mailing.problem
        # Tests of what happens on the way begin with an empty feed.
        Alert.objects.filter(cause__startswith="approval-").delete()
        return mailing

    return go


@pytest.fixture
def no_limits(db: None) -> None:
    """The rules for everybody let somebody have any number of messages."""
    ContactRules.objects.update(cap_messages=0, one_mailing_a_day=False, unreachable_days=0)


@pytest.fixture
def repeat(mailing: Mailing, editor: User, approver: User, north: Connection) -> Repeat:
    """Makes the mailing a series, every Monday at ten if nothing else is said, and has it approved on a Friday."""

    def go(**values: Any) -> Mailing:
        usual = {
            "repeats": "weekly",
            "repeat_weekdays": [1],
            "time_of_day": time(10),
            "run_recipients": 10,
            "run_cost": Decimal("100.00"),
        }
        Mailing.objects.filter(pk=mailing.pk).update(**{**usual, **values})
        with clock_at(FRIDAY):
            mailing.refresh_from_db()
            mailing.full_clean()
            lifecycle.request_plan(mailing, editor)
            planning.plan(mailing)
            mailing.refresh_from_db()
            assert mailing.state == Mailing.State.PLANNED, mailing.problem
            lifecycle.submit(mailing, editor)
            lifecycle.approve(mailing, approver)
            Alert.objects.filter(cause__startswith="approval-").delete()
        return mailing

    return go


def message_to(customer: Customer) -> Message:
    return Message.objects.get(customer=customer)
