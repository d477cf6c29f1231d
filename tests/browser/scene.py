"""A company at work on its audiences: rows of every kind that the screens about audiences, lists and rules can show."""

from datetime import time, timedelta
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience, CustomerList, ListRun
from backoffice.audiences.tasks import runner
from backoffice.customers.models import AttributeDefinition, Customer, ImportRun
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.contact_rules import DEFAULTS, ContactRules
from backoffice.mailings.models import ApprovalRules, Mailing, SpeedLimit, Trial, UnfinishedMailing
from backoffice.mailings.parts import pause_part
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection, TestMessage
from tests.mailings.in_state import add_messages, put

State, Verb, Kind = ListRun.State, ListRun.Verb, CustomerList.Kind
MANY = 214_300


def _rule(kind: str, **value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value}


KAZAN = _rule("city", is_or_not="in", names="Казань, Москва")
WOMEN = _rule("gender", who="f")
ASLEEP = _rule("last_purchase", when="before", days=90)
SPENT = _rule("spent_within", at_least=500, at_most=25_000, days=365)
TAGS = _rule("tags", how="none", names="travel, coffee")


def make_attributes() -> AttributeDefinition:
    """One of each type, and one with possible values."""
    known = [
        ("shoe_size", "Shoe size", "number", ""),
        ("wedding", "Wedding day", "day", ""),
        ("has_garden", "Has a garden", "flag", ""),
        ("favourite_coffee", "Favourite coffee", "text", "espresso, cappuccino, latte, flat white, filter"),
    ]
    for key, label, kind, choices in known:
        made, _ = AttributeDefinition.objects.get_or_create(
            key=key, defaults={"label": label, "kind": kind, "choices": choices}
        )
    return made


def make_audiences(author: User, guests: CustomerList) -> list[Audience]:
    """One with nested groups and a past, a plain one, and one that is not complete."""
    on_list = _rule("on_list", is_or_not="not", lists=[str(guests.pk)])
    group = _rule(
        "group",
        match="any",
        rules=[ASLEEP, _rule("group", match="none", rules=[TAGS, _rule("vip", marked="vip")])],
    )
    nested = Audience.objects.create(
        name="Women of Kazan and Moscow who have not bought for a long time",
        description="For the autumn offer. Without those who bought coffee on a journey.",
        rules=[KAZAN, WOMEN],
    )
    log(nested, "wagtail.create", user=author)
    nested.keep_first_revision()
    nested.rules = [KAZAN, WOMEN, SPENT, group, on_list]
    nested.save()
    nested.save_revision(user=author, log_action=True)
    plain = Audience.objects.create(name="Debtors", rules=[_rule("debt", at_least=100)])
    draft = Audience.objects.create(name="Not complete yet", match="any", rules=[_rule("city", names="")])
    return [nested, plain, draft]


def make_lists(author: User) -> list[CustomerList]:
    """A list with customers, one of those who are never written to, and a frozen result."""
    people = list(Customer.objects.exclude(phone="").order_by("pk")[:40])
    guests = CustomerList.objects.create(
        name="Guests of the opening in Kazan",
        description="They left their number at the door.",
        created_by=author,
    )
    never = CustomerList.objects.create(
        name="Complained to the authority", kind=Kind.EXCLUSION, created_by=author
    )
    frozen = CustomerList.objects.create(
        name="Answered in spring",
        kind=Kind.FROZEN,
        created_by=author,
        frozen_from="Women of Kazan",
        frozen_sentence="The city is Казань or Москва, and they are women.",
        frozen_at=timezone.now(),
    )
    for one in (guests, never, frozen):
        run = file_run(one, author, [customer.phone for customer in people])
        runner.start(run)
        runner.run(run.pk)
    # So many that emptying it asks for the number.
    CustomerList.objects.filter(pk=never.pk).update(members_count=MANY)
    return [guests, never, frozen]


def file_run(
    to: CustomerList, author: User, phones: list[str], verb: Verb = Verb.ADD, **values: Any
) -> ListRun:
    """A file of names and numbers, two of which name nobody, uploaded and looked at."""
    rows = ["name;phone", *(f"Guest {number};{phone}" for number, phone in enumerate(phones, 1))]
    rows += ["Nobody;+7 999 000-00-00", "Mistyped;916 12"]
    run = ListRun(customer_list=to, verb=verb, created_by=author, column=1, has_heading=True, **values)
    run.name = "guests of the opening, list from the door.csv"
    run.file.save("guests.csv", ContentFile("\n".join(rows)))
    return run


def make_runs(to: CustomerList, author: User) -> dict[str, ListRun]:
    """A change of a list in each state that a page looks different in."""
    phones = list(Customer.objects.exclude(phone="").values_list("phone", flat=True)[:8])
    now = timezone.now()
    runs = {
        "uploaded": file_run(to, author, phones),
        "waiting": file_run(to, author, phones, state=State.WAITING),
        "running": file_run(to, author, phones, state=State.RUNNING, started_at=now),
        "stopped": file_run(to, author, phones, state=State.STOPPED, finished_at=now),
        "failed": file_run(
            to,
            author,
            phones,
            state=State.FAILED,
            finished_at=now,
            problem="The file is not there any more. Upload it again.",
        ),
    }
    cache.set(f"parley:list:{runs['running'].pk}:rows", 128_000)
    return runs


def make_rules() -> ContactRules:
    """The usual rules for everybody."""
    for purpose, values in DEFAULTS.items():
        ContactRules.objects.get_or_create(purpose=purpose, defaults=values)
    return ContactRules.of("marketing")


def make_mailing(author: User, audience: Audience) -> Mailing:
    """A draft with an offer to an audience."""
    text = 'Dear {first_name|default:"customer"}, come in: 20 % off until Sunday.'
    template, _ = MessageTemplate.objects.get_or_create(name="Autumn in the shop", defaults={"text": text})
    return Mailing.objects.create(
        name="Autumn sale for all who owe us",
        template=template,
        audience=audience,
        local_from=time(0),
        local_to=time(0),
        created_by=author,
    )


def make_planned_mailing(author: User) -> Mailing:
    """The same with a plan, to everybody in an audience of those who owe something."""
    audience = Audience.objects.create(name="Debtors", rules=[_rule("debt", at_least=100)])
    mailing = make_mailing(author, audience)
    lifecycle.request_plan(mailing, author)
    planning.plan(mailing)
    return mailing


def make_mailings(like: Mailing, via: Connection) -> dict[str, int]:
    """One that is on its way, slowly and without one of its operators, one that has ended, one that is to start."""
    now = timezone.now()
    values = {"template": like.template, "audience": like.audience, "created_by": like.created_by}
    under_way = Mailing.objects.create(name="Winter sale", starts_at=now - timedelta(hours=1), **values)
    ended = Mailing.objects.create(name="Parking near the shop", **values)
    coming = Mailing.objects.create(name="Spring sale", starts_at=now + timedelta(hours=3), **values)
    told = add_messages(under_way, "waiting", "waiting", "sent", "delivered", "undelivered", connection=via)
    add_messages(ended, "delivered", "rejected", "expired", connection=via)
    add_messages(coming, "waiting", connection=via)
    put(under_way, Mailing.State.RUNNING, like.created_by)
    put(ended, Mailing.State.FINISHED, like.created_by)
    put(coming, Mailing.State.APPROVED, like.created_by)
    SpeedLimit.objects.create(mailing=under_way, per_second=50)
    pause_part(under_way, via.operator, "Only 40 % of the last 200 messages were delivered.")
    return {
        "under_way": under_way.pk,
        "ended": ended.pk,
        "coming": coming.pk,
        "operator": via.operator_id,
        "told": told[3].customer_id,
    }


def make_unfinished(author: User) -> dict[str, Any]:
    """A new mailing that somebody has begun, with a mistake in it, and not saved."""
    row = UnfinishedMailing.objects.create(
        person=author, values={"name": ["Summer sale"], "budget": ["a lot"], "second_percent": ["50"]}
    )
    return {"unfinished": row.key}


def make_approval(like: Mailing, via: Connection) -> dict[str, Any]:
    """One that somebody else has submitted and that takes two approvers, and a test message of a mailing."""
    rules, _ = ApprovalRules.objects.update_or_create(pk=1, defaults={"second_above_recipients": 1})
    igor = User.objects.create_user("igor", first_name="Igor", last_name="Volkov", phone="+79160000001")
    asked = Mailing.objects.create(
        name="Opening in Kazan", template=like.template, audience=like.audience, created_by=igor
    )
    add_messages(asked, "waiting", "waiting", connection=via)
    put(asked, Mailing.State.SUBMITTED, igor)
    log(rules, "mailings.change_approval_rules", user=igor, data={"changes": [["sends_mail", True, False]]})
    User.objects.filter(pk=like.created_by_id).update(phone="+79160000002")
    message = TestMessage.objects.create(
        connection=via, phone="+79160000001", sender="Parley", text="Come in.", created_by=igor
    )
    trial = Trial.objects.create(
        mailing=like,
        batch=uuid4(),
        test_message=message,
        customer=Customer.objects.earliest("pk"),
        sent_by=igor,
        to=igor,
        parts=1,
        cost="2.50",
        currency="RUB",
    )
    return {"asked": asked.pk, "batch": trial.batch}


def make_scene(author: User) -> dict[str, int]:
    """All of it, on top of the customers who are there: the ids of the rows by what they are."""
    ImportRun.objects.create(
        name="crm-export-november.csv", state=ImportRun.State.DONE, finished_at=timezone.now()
    )
    attribute, rules = make_attributes(), make_rules()
    guests, never, frozen = make_lists(author)
    nested, plain, draft = make_audiences(author, guests)
    rows: dict[str, Any] = {
        "attribute": attribute,
        "rules": rules,
        "guests": guests,
        "never": never,
        "frozen": frozen,
        "nested": nested,
        "plain": plain,
        "draft": draft,
        "mailing": make_mailing(author, plain),
        **make_runs(guests, author),
        "done": guests.runs.get(state=State.DONE),
        "revision": nested.revisions.earliest("id"),
        "customer": Customer.objects.exclude(city="").exclude(phone="").earliest("id"),
    }
    return {name: row.pk for name, row in rows.items()}
