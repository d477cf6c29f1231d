"""What is odd about a plan, in sentences; and what one will learn from it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.customers.models import Action, Customer, ImportRun
from backoffice.mailings.check import cautions
from backoffice.mailings.check.around import Around, around
from backoffice.mailings.check.base_rates import Rates, rates_of
from backoffice.mailings.check.cautions import Caution, Seen, cautions_of
from backoffice.mailings.check.facts import PlanFacts
from backoffice.mailings.check.learning import lessons_of, of_holdout, of_texts
from backoffice.mailings.check.outlook import Outlook, ZoneRow
from backoffice.mailings.models import Mailing, Message, RouteChoice
from backoffice.message_templates.models import MessageTemplate, TextVariant
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.history import sent
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
NOTHING_AROUND = Around(customers=10_000_000, usual_size=None, same_text=0, imported_at=None)
Planned = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


def facts(recipients: int = 1000, held_out: int = 0, **left_out: int) -> PlanFacts:
    found = PlanFacts(data_of=NOW)
    found.charges[1, 0, 1].messages = recipients
    if recipients:
        found.fates["waiting", ""].people = recipients
        found.texts[None] = recipients
    if held_out:
        found.fates["held_out", ""].people = held_out
    for reason, people in left_out.items():
        found.fates["excluded", reason].people = people
    return found


def seen(mailing: Mailing, **values: Any) -> Seen:
    return Seen(
        mailing,
        values.get("facts", facts()),
        values.get("outlook", Outlook(NOW, messages=1000)),
        values.get("around", NOTHING_AROUND),
        NOW,
    )


def beside(**values: Any) -> Around:
    return Around(**{**NOTHING_AROUND.__dict__, **values})


def said(caution: Caution | None) -> str:
    assert caution is not None
    assert caution.sentence.endswith(".")
    assert caution.advice.endswith(".")
    return caution.sentence


def test_a_usual_plan_gives_no_cause_to_say_anything(mailing: Mailing) -> None:
    MessageTemplate.objects.update(text="Come in. Reply STOP to opt out.")
    mailing.refresh_from_db()
    assert [question(seen(mailing)) for question in cautions.QUESTIONS] == [None] * len(cautions.QUESTIONS)


def test_nobody_gets_it(mailing: Mailing) -> None:
    assert said(cautions.nobody_gets_it(seen(mailing, facts=facts(0, opted_out=3)))) == "Nobody gets it."


def test_what_will_not_fit_is_said_with_number_and_zones(mailing: Mailing) -> None:
    zones = [
        ZoneRow(timedelta(hours=hours), 400_000, late) for hours, late in ((3, 0), (9, 12_000), (10, 300_000))
    ]
    caution = cautions.will_not_fit(seen(mailing, outlook=Outlook(NOW, too_late=312_000, zones=zones)))
    assert said(caution) == "312,000 messages in UTC+9…+10 will not fit into their hours."
    assert caution is not None
    assert caution.advice.startswith("Move the mailing to an earlier hour")
    assert caution.is_grave


@pytest.mark.parametrize(
    ("budget", "cost", "sentence"),
    [
        (None, "100", ""),
        ("100", "89.99", ""),
        ("100", "95", "It uses 95 % of its budget of 100.00 RUB."),
        ("100", "100", "It uses 100 % of its budget of 100.00 RUB."),
        ("100", "100.01", "It costs 100.01 RUB, more than its budget of 100.00 RUB."),
        ("0", "1", "It costs 1.00 RUB, more than its budget of 0.00 RUB."),
    ],
)
def test_a_budget_that_is_nearly_used_or_too_small(
    budget: str | None, cost: str, sentence: str, mailing: Mailing
) -> None:
    mailing.currency = "RUB"
    mailing.budget, mailing.planned_cost = budget and Decimal(budget), Decimal(cost)
    caution = cautions.over_budget(seen(mailing))
    assert (said(caution) if caution else "") == sentence


def test_an_offer_that_does_not_say_how_to_refuse(mailing: Mailing) -> None:
    caution = cautions.says_not_how_to_refuse(seen(mailing))
    assert said(caution) == "Offers have to say how one refuses them. Nothing in this text does."
    assert caution is not None
    assert caution.advice == "Change the text “Autumn offer”, then plan again."


def test_every_language_and_every_compared_text_has_to_say_how_to_refuse(mailing: Mailing) -> None:
    MessageTemplate.objects.update(text="Come in. Reply STOP to opt out.")
    TextVariant.objects.create(template=mailing.template, language="ru", text="Приходите.")
    mailing.second_text = MessageTemplate.objects.create(name="Second", text="Look: bit.ly/x STOP")
    mailing.refresh_from_db(fields=["template"])
    caution = cautions.says_not_how_to_refuse(seen(mailing))
    assert "Offers have to say how one refuses them." in said(caution)
    assert "shortened links" in said(caution)
    assert caution is not None
    assert "“Autumn offer”, “Second”" in caution.advice


def test_a_service_message_needs_no_way_to_refuse(mailing: Mailing) -> None:
    mailing.purpose = "service"
    assert cautions.says_not_how_to_refuse(seen(mailing)) is None


def test_a_line_that_is_not_connected(mailing: Mailing) -> None:
    away = Outlook(NOW, lines_away=[("North", "north-1", 2000), ("North", "north-2", 500)])
    sentence = said(cautions.line_is_away(seen(mailing, outlook=away)))
    assert sentence == "2,500 messages go over a line of North that is not connected now."


def test_an_old_plan(mailing: Mailing) -> None:
    mailing.planned_at = NOW - timedelta(days=2, hours=3)
    assert said(cautions.plan_is_old(seen(mailing))) == "The plan was made 2 d 3 h ago."
    mailing.planned_at = NOW - timedelta(hours=23)
    assert cautions.plan_is_old(seen(mailing)) is None


def test_old_data_unless_something_was_imported_since(mailing: Mailing) -> None:
    old = facts()
    old.data_of = NOW - timedelta(days=9)
    sentence = said(cautions.data_is_old(seen(mailing, facts=old)))
    assert sentence == "Nothing new about these customers has come in for 9 d 0 h."
    lately = beside(imported_at=NOW - timedelta(days=1))
    assert cautions.data_is_old(seen(mailing, facts=old, around=lately)) is None
    old.data_of = None
    assert cautions.data_is_old(seen(mailing, facts=old)) is None


def test_an_audience_most_of_which_is_left_out(mailing: Mailing) -> None:
    many = facts(400, no_consent=500, opted_out=100)
    sentence = said(cautions.most_are_left_out(seen(mailing, facts=many)))
    assert sentence == "60 % of the audience are left out, most of them for this reason: no consent."
    assert cautions.most_are_left_out(seen(mailing, facts=facts(600, no_consent=400))) is None
    assert cautions.most_are_left_out(seen(mailing, facts=facts(100, for_winner=900))) is None
    assert cautions.most_are_left_out(seen(mailing, facts=facts(0, no_consent=9))) is None


def test_more_recipients_than_usual(mailing: Mailing) -> None:
    large = seen(mailing, facts=facts(40_000), around=beside(usual_size=10_000))
    sentence = "It has 40,000 recipients; the last mailings with this purpose had about 10,000."
    assert said(cautions.is_unusually_large(large)) == sentence
    usual = seen(mailing, facts=facts(30_000), around=beside(usual_size=10_000))
    assert cautions.is_unusually_large(usual) is None


def test_the_whole_base(mailing: Mailing) -> None:
    whole = facts(40_000, no_consent=2000)
    sentence = said(cautions.is_unusually_large(seen(mailing, facts=whole, around=beside(customers=42_000))))
    assert sentence == "It goes to the whole base: everybody in it is looked at, and 40,000 get it."
    few = seen(mailing, facts=facts(10), around=beside(customers=10))
    assert cautions.is_unusually_large(few) is None


def test_the_same_text_to_many_of_the_same_people(mailing: Mailing) -> None:
    again = seen(mailing, around=beside(same_text=250))
    sentence = "250 of the recipients, 25 %, got the same text within the last two days."
    assert said(cautions.same_text_again(again)) == sentence
    assert cautions.same_text_again(seen(mailing, around=beside(same_text=50))) is None


def test_many_that_leave_just_before_the_end(mailing: Mailing) -> None:
    edge = seen(mailing, outlook=Outlook(NOW, messages=1000, at_edge=200))
    sentence = "200 messages leave within the last half hour before their hours are over."
    assert said(cautions.leaves_at_the_edge(edge)) == sentence
    assert cautions.leaves_at_the_edge(seen(mailing, outlook=Outlook(NOW, messages=1000, at_edge=20))) is None


def test_the_grave_comes_first(mailing: Mailing) -> None:
    mailing.planned_at = timezone.now() - timedelta(days=3)
    found = cautions_of(mailing, facts(400, no_consent=500), Outlook(NOW, too_late=5), NOTHING_AROUND)
    graves = [caution.is_grave for caution in found]
    assert graves == sorted(graves, reverse=True)
    assert len(found) >= 3


# What a plan is compared with


def test_the_usual_size_is_the_median_of_the_last_mailings(
    mailing: Mailing, north: Connection, editor: User
) -> None:
    for number, size in enumerate((100, 300, 200, 5000)):
        other = Mailing.objects.create(
            name=f"Before {number}",
            template=mailing.template,
            audience=mailing.audience,
            created_by=editor,
            state="finished",
            started_at=timezone.now(),
        )
        RouteChoice.objects.create(
            mailing=other,
            prefix="+7",
            operator=north.operator,
            price_per_part=1,
            factor=1,
            delivery_rate=0.9,
            share=1,
            reason=1,
            messages=size,
        )
        assert around(mailing).usual_size == (None if number < 2 else 200 if number == 2 else 250)
    mailing.series_id = Mailing.objects.latest("pk").pk
    assert around(mailing).usual_size is None


def test_who_got_the_same_text_lately_is_counted(
    mailing: Mailing, north: Connection, editor: User, make_customer: MakeCustomer, planned: Planned
) -> None:
    lately, long_ago, never = (make_customer() for _number in range(3))
    other = Mailing.objects.create(
        name="Yesterday", template=mailing.template, audience=mailing.audience, created_by=editor
    )
    now = timezone.now()
    assert around(planned()).same_text == 0
    Mailing.objects.filter(pk=other.pk).update(state="finished", started_at=now - timedelta(days=3))
    sent(lately, other, sent_at=now - timedelta(days=1))
    sent(long_ago, other, sent_at=now - timedelta(days=3))
    sent(never, other, sent_at=now, template=MessageTemplate.objects.create(name="Another", text="x"))
    assert around(mailing).same_text == 1


def test_it_is_known_when_customers_were_last_imported(mailing: Mailing) -> None:
    assert around(mailing).imported_at is None
    ImportRun.objects.create(name="a.csv", state="done", finished_at=NOW)
    ImportRun.objects.create(name="b.csv", state="failed", finished_at=timezone.now())
    assert around(mailing).imported_at == NOW
    assert around(mailing).customers == Customer.objects.count()


# What one will learn

UNKNOWN = Rates(None, None, 0)


def test_without_a_hold_out_the_effect_cannot_be_seen() -> None:
    assert of_holdout(facts(), UNKNOWN).sentence == (
        "Nobody is held out, so you cannot see what the mailing brought about. With a hold-out of some percent you could."
    )


def test_a_hold_out_says_which_change_you_will_notice() -> None:
    lesson = of_holdout(facts(225_000, 25_000), UNKNOWN)
    assert lesson.sentence == "You will notice a change of 0.4 points or more: 5.4 % buy instead of 5.0 %."
    assert lesson.basis.startswith("Assumed: 5.0 % of the customers buy within a week anyway.")


def test_it_goes_by_what_earlier_mailings_showed() -> None:
    lesson = of_holdout(facts(225_000, 25_000), Rates(0.12, None, 3))
    assert "instead of 12.0 %" in lesson.sentence
    assert lesson.basis.startswith("Measured: after the last 3 mailings with this purpose 12.0 %")


def test_a_small_hold_out_shows_nothing() -> None:
    sentence = of_holdout(facts(900, 30), UNKNOWN).sentence
    assert sentence == "The hold-out of 30 people is too small to show any effect. Choose a larger share."
    assert "too small" in of_holdout(facts(0, 30), UNKNOWN).sentence


def texts(*recipients: int) -> PlanFacts:
    found = facts(sum(recipients))
    found.texts = dict(enumerate(recipients))  # type: ignore[assignment]
    return found


@pytest.mark.parametrize(
    ("measure", "rates", "delivery_rate", "basis"),
    [
        ("replies", UNKNOWN, None, "Assumed: 2.0 % of the customers reply. No earlier mailing tells."),
        (
            "replies",
            Rates(None, 0.04, 2),
            None,
            "Measured: after earlier mailings with this purpose 4.0 % of the recipients replied.",
        ),
        ("delivered", UNKNOWN, 0.9, "Of the messages 90.0 % are expected to be delivered."),
        ("failures", UNKNOWN, None, "Of the messages 95.0 % are expected to be delivered."),
    ],
)
def test_compared_texts_say_which_difference_shows(
    measure: str, rates: Rates, delivery_rate: float | None, basis: str, mailing: Mailing
) -> None:
    mailing.measure = measure
    lesson = of_texts(mailing, texts(10_000, 10_000, 90_000), rates, delivery_rate)
    assert lesson.sentence.startswith("Between two texts you will notice a difference of ")
    assert lesson.basis == basis


def test_texts_with_few_recipients_show_nothing(mailing: Mailing) -> None:
    mailing.measure = "replies"
    assert "too few recipients" in of_texts(mailing, texts(20, 20), UNKNOWN, None).sentence
    assert "too few recipients" in of_texts(mailing, texts(20), UNKNOWN, None).sentence


def test_only_a_mailing_that_compares_speaks_of_texts(mailing: Mailing) -> None:
    assert len(lessons_of(mailing, facts(), UNKNOWN, None)) == 1
    mailing.second_text = MessageTemplate.objects.create(name="Second", text="x")
    assert len(lessons_of(mailing, texts(500, 500), UNKNOWN, None)) == 2


def earlier(mailing: Mailing, editor: User, people: int) -> Mailing:
    """A mailing that ended ten days ago and reached so many."""
    past = timezone.now() - timedelta(days=10)
    before = Mailing.objects.create(
        name="Before",
        template=mailing.template,
        audience=mailing.audience,
        created_by=editor,
        planned_at=past,
    )
    add_messages(before, *["delivered"] * people)
    put(before, "finished", editor)
    Mailing.objects.filter(pk=before.pk).update(started_at=past, finished_at=past)
    Message.objects.filter(mailing=before).update(sent_at=past)
    return before


def test_what_people_did_after_earlier_mailings_is_measured(
    mailing: Mailing, editor: User, north: Connection
) -> None:
    before = earlier(mailing, editor, 50)
    customers = list(Message.objects.filter(mailing=before).values_list("customer", flat=True))
    past = timezone.now() - timedelta(days=9)
    for customer in customers[:25]:
        Action.objects.create(customer_id=customer, kind="purchase", at=past)
    for customer in customers[25:]:
        Action.objects.create(customer_id=customer, kind="visit", at=past)
        Action.objects.create(customer_id=customer, kind="purchase", at=past - timedelta(days=30))
    assert rates_of(mailing) == Rates(0.5, None, 1)


def test_nothing_is_measured_where_nothing_was_sent(
    mailing: Mailing, editor: User, north: Connection
) -> None:
    assert rates_of(mailing) == UNKNOWN
    other = earlier(mailing, editor, 2)
    assert rates_of(mailing) == Rates(None, None, 1)
    Mailing.objects.filter(pk=other.pk).update(purpose="service")
    assert rates_of(mailing) == UNKNOWN
