"""How long the call centre waits, at full size, for somebody found by number and for the story of what was sent to them.

``python -m deploy.bench_story [--customers N] [--calls N]``, against the database of the settings, which is filled as for
``bench audiences``. Each call asks for another number, and takes both pages whole, from the request to the last byte.
Last line: ``bench story messages=N found_p95_ms=N told_p95_ms=N``.
"""

import argparse
import random
import statistics
import sys
import time
from typing import Any

import django

from deploy import audience_data
from deploy.bench_audiences import percentile


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_900_000)
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args(argv)
    django.setup()
    audience_data.prepare(options.customers, lambda text: print(text, flush=True))
    user = somebody()
    make_mailings(user)
    client = logged_in(user)
    phones = some_phones(options.calls)
    times = [call(client, phone) for phone in phones]
    found, told = ([one[which] for one in times] for which in (0, 1))
    for name, values in (("found", found), ("told", told)):
        print(f"{name}: median {statistics.median(values):.0f} ms, slowest {max(values):.0f} ms")
    print(
        f"bench story messages={messages()} found_p95_ms={percentile(found):.0f} told_p95_ms={percentile(told):.0f}"
    )
    return 0


def somebody() -> Any:
    """Who may see every customer."""
    from backoffice.accounts.models import User

    user, _is_new = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    return user


def make_mailings(user: Any) -> None:
    """The messages there name mailings that nobody made."""
    from django.utils import timezone

    from backoffice.audiences.models import Audience
    from backoffice.mailings.models import Mailing, Message
    from backoffice.message_templates.models import MessageTemplate

    text, _is_new = MessageTemplate.objects.get_or_create(name="Bench", defaults={"text": "Come by."})
    everybody, _is_new = Audience.objects.get_or_create(name="Bench")
    known = Mailing.objects.values("pk")
    named = set(
        Message.objects.filter(customer__lte=200)
        .exclude(mailing__in=known)
        .values_list("mailing_id", flat=True)
    )
    Mailing.objects.bulk_create(
        Mailing(
            pk=pk,
            name=f"Bench {pk}",
            template=text,
            audience=everybody,
            planned_at=timezone.now(),
            planned_count=0,
            created_by=user,
        )
        for pk in named
    )


def logged_in(user: Any) -> Any:
    """Their browser."""
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(user)
    return client


def some_phones(calls: int) -> list[str]:
    """Of customers all over the table."""
    from backoffice.customers.models import Customer

    newest = Customer.objects.latest("pk").pk
    ids = random.Random(1).sample(range(1, newest + 1), calls)
    return list(Customer.objects.filter(pk__in=ids).exclude(phone="").values_list("phone", flat=True))


def call(client: Any, phone: str) -> tuple[float, float]:
    """Milliseconds until the customer was found, and until the story had been told."""
    from django.urls import reverse

    begun = time.perf_counter()
    answer = client.post(reverse("story:find"), {"number": phone})
    assert answer.status_code == 302, answer.status_code
    between = time.perf_counter()
    page = client.get(answer.url)
    ended = time.perf_counter()
    assert "Bench 20" in page.content.decode(), "the story names no mailing"
    return 1000 * (between - begun), 1000 * (ended - between)


def messages() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM mailings_message")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
