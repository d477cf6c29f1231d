"""How near the choice of routes comes to the true optimum: 100 000 messages, five operators whose terms pull apart.

``python -m deploy.bench_routing [--seed N]``, against the database of the settings. A mailing is planned as always; then
what its messages cost by the terms of the operators is compared with the optimum of a mixed integer programme for the same
messages, and with the one operator that is cheapest alone. All three are the month's cost of all operators: minimums that
are owed, and the price of sending again what does not arrive.
Last line: ``bench routing ours=N optimum=N single=N gap_percent=N.N``.
"""

import argparse
import random
import sys
import time
from datetime import date, timedelta
from datetime import time as clock
from decimal import Decimal
from math import inf
from typing import Any

import django

from deploy.bench_plan import fill

# 2 % have withdrawn their consent, and 0.1 % are blocked: about 100 000 remain.
CUSTOMERS = 102_150
TENS = range(90, 99)
# Name: factor on the usual price, delivery rate, steps, minimum, parts a second, parts used this month.
OPERATORS: dict[str, tuple[float, float, list[tuple[int, str]], int, int, int]] = {
    "cheap": (0.90, 0.88, [], 0, 100, 0),
    "steps": (1.02, 0.96, [(40_000, "0.9"), (120_000, "0.8")], 0, 100, 20_000),
    "owed": (1.10, 0.95, [], 60_000, 100, 5_000),
    "narrow": (0.94, 0.96, [(60_000, "0.9")], 0, 1, 0),
    "good": (1.02, 0.985, [(90_000, "0.8")], 25_000, 100, 0),
}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args(argv).seed
    django.setup()
    fill(CUSTOMERS)
    mailing, seconds = planned(seed)
    carried = parts_by_way(mailing)
    messages = mailing.messages.filter(state="waiting").count()
    print(f"{messages} messages, {sum(carried.values())} parts, planned in {seconds:.1f} s")
    compare(mailing, carried)
    return 0


def planned(seed: int) -> tuple[Any, float]:
    """A planned mailing to everybody, and the seconds the plan took."""
    from backoffice.accounts.models import User
    from backoffice.audiences.models import Audience
    from backoffice.mailings import lifecycle, planning
    from backoffice.mailings.models import Mailing, Message
    from backoffice.message_templates.models import MessageTemplate, TextVariant
    from deploy.run_mailing import allow_any_hour

    allow_any_hour()
    user, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    audience, _ = Audience.objects.get_or_create(name="Everybody in the bench")
    text = 'Dear {first_name|default:"customer"}, you have {loyalty_points} points. Come and spend them in {city}.'
    template, is_new = MessageTemplate.objects.get_or_create(name="Routes", defaults={"text": text})
    if is_new:
        words = "Здравствуйте, {first_name}. У вас {loyalty_points} баллов, ждём вас в городе {city} до конца месяца."
        TextVariant.objects.create(template=template, language="ru", text=words)
    values = {"template": template, "audience": audience, "created_by": user}
    Message.objects.filter(mailing__name__in=("Routes", "Before")).delete()
    Mailing.objects.filter(name__in=("Routes", "Before")).delete()
    operators(seed, Mailing.objects.create(name="Before", **values))
    mailing = Mailing.objects.create(name="Routes", local_from=clock(0), local_to=clock(0), **values)
    lifecycle.request_plan(mailing, user)
    started = time.monotonic()
    assert planning.plan(mailing), mailing.problem
    seconds = time.monotonic() - started
    mailing.refresh_from_db()
    return mailing, seconds


def operators(seed: int, before: Any) -> None:
    """The five operators with prices drawn by the seed, and what they carried for another mailing this month."""
    from django.utils import timezone

    from backoffice.mailings.models import Carried, RouteChoice
    from backoffice.mailings.routes.usage import month_of
    from backoffice.operators.models import DeliveryRate, Operator, VolumeStep
    from backoffice.operators.routing import Reason
    from kannel.models import Connection, Gateway

    draw, now = random.Random(seed), timezone.now()
    usual = {f"+7{tens}": draw.uniform(1.2, 3.0) for tens in TENS}
    usual |= {
        f"+7{tens}{ones}": draw.uniform(1.0, 3.2) for tens in TENS for ones in draw.sample(range(10), 2)
    }
    gateway, _ = Gateway.objects.update_or_create(
        name="bench", defaults={"status": "running", "seen_at": now}
    )
    Connection.objects.all().delete()
    Operator.objects.all().delete()
    for name, (level, rate, steps, minimum, per_second, used) in OPERATORS.items():
        operator = Operator.objects.create(
            name=name, receipt_margin=timedelta(hours=1), commitment_per_month=minimum
        )
        for from_parts, factor in steps:
            VolumeStep.objects.create(operator=operator, from_parts=from_parts, factor=factor)
        for prefix, price in usual.items():
            operator.tariffs.create(
                prefix=prefix,
                valid_from=date(2020, 1, 1),
                price_per_part=Decimal(f"{price * level * draw.uniform(0.88, 1.12):.2f}"),
            )
            measured = min(0.995, rate + draw.uniform(-0.04, 0.02))
            DeliveryRate.objects.create(
                operator=operator, prefix=prefix, ended=9_000, delivered=8_000, rate=measured, measured_at=now
            )
        Connection.objects.create(
            name=name,
            gateway=gateway,
            operator=operator,
            kind="smpp",
            host="127.0.0.1",
            port=2775,
            status="online",
            seen_at=now,
            throughput_per_second=per_second,
        )
        way = RouteChoice.objects.create(
            mailing=before,
            prefix="+7",
            operator=operator,
            price_per_part=2,
            factor=1,
            delivery_rate=1,
            share=1,
            reason=Reason.ONLY,
        )
        Carried.objects.create(
            route=way, month=month_of(now), messages=used, parts=used, cost=2 * used, ended=0, delivered=0
        )


def parts_by_way(mailing: Any) -> dict[tuple[str, int], int]:
    """What the messages of the plan add up to, by prefix and operator."""
    from django.db.models import Sum

    rows = mailing.messages.filter(state="waiting").values_list("route__prefix", "route__operator")
    return {(prefix, operator): parts for prefix, operator, parts in rows.annotate(parts=Sum("parts"))}


def compare(mailing: Any, carried: dict[tuple[str, int], int]) -> None:
    """Prints what it costs, what it had to cost, and what it would cost over one operator."""
    from django.utils import timezone

    from backoffice.mailings.routes import choosing
    from backoffice.mailings.routes.usage import usage
    from backoffice.operators import routing
    from backoffice.operators.models import Operator
    from backoffice.operators.terms import Group, Offer
    from deploy.route_optimum import cost_of, optimum

    now = timezone.now()
    offered = choosing.market_for(mailing, now)
    prefixes = sorted({prefix for prefix, _operator in carried})
    groups = [
        Group(
            sum(parts for (found, _operator), parts in carried.items() if found == prefix),
            {one: Offer(float(price), rate) for one, (price, rate) in offered.offers(prefix).items()},
        )
        for prefix in prefixes
    ]
    room = {operator: rate * 86_400.0 for operator, rate in offered.parts_per_second.items()}
    used = usage(now, without=mailing).used
    terms = routing.months(offered.prices, used=used, room=room)
    shares = [
        {operator: float(parts) for (found, operator), parts in carried.items() if found == prefix}
        for prefix in prefixes
    ]
    best = optimum(groups, terms)
    alone = {
        month.operator_id: cost_of(groups, terms, [{month.operator_id: group.parts} for group in groups])
        for month in terms
        if month.capacity >= sum(group.parts for group in groups)
    }
    names = dict(Operator.objects.values_list("pk", "name"))
    ours, single = cost_of(groups, terms, shares), min(alone.values(), default=inf)
    for month in terms:
        parts = sum(row.get(month.operator_id, 0.0) for row in shares)
        ideal = sum(row.get(month.operator_id, 0.0) for row in best.shares)
        cost = alone.get(month.operator_id)
        said = f"alone it would cost {cost:.0f}" if cost else "has no room for all"
        print(f"  {names[month.operator_id]}: {parts:.0f} parts (programme: {ideal:.0f}), {said}")
    print(f"  the programme's own answer costs {best.cost:.0f}; nothing costs less than {best.at_least:.0f}")
    gap = 100 * (ours / best.at_least - 1)
    print(
        f"bench routing ours={ours:.0f} optimum={best.at_least:.0f} single={single:.0f} gap_percent={gap:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
