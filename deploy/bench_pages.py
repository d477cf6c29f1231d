"""What the pages that everybody opens cost: milliseconds of CPU in the web process, and statements to the database.

``python -m deploy.bench_pages [--customers N] [--calls N]``, into the database of the settings, which is filled with customers,
texts, audiences and mailings in every state if need be. Each page has a bound of CPU; one above it makes the exit status 1.
Last line: ``bench pages new_mailing_ms=N home_ms=N …``.
"""

import argparse
import cProfile
import pstats
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any

import django

# Of CPU in the web process: half more than on a busy machine of 2 cores, so that a page that computes or draws something
# for nothing shows. The form of a mailing took 235 ms when each of its fields was drawn twice.
BOUNDS_MS = {
    "new_mailing": 170,
    "edit_mailing": 190,
    "home": 120,
    "mailings": 125,
    "draft": 65,
    "plan": 95,
    "under_way": 90,
    "customers": 65,
    "texts_to_choose": 30,
    "audiences_to_choose": 20,
}
# Of texts and of audiences.
CHOICES = 40
MAILINGS = 60


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--profile", choices=BOUNDS_MS, help="which page to look into")
    options = parser.parse_args(argv)
    django.setup()
    from deploy.bench_plan import fill, operators
    from deploy.bench_story import logged_in, somebody
    from deploy.run_mailing import allow_any_hour

    fill(options.customers)
    allow_any_hour()
    operators()
    user = somebody()
    client = logged_in(user)
    addresses = dict(pages(user))
    if options.profile:
        profile(client, addresses[options.profile], options.calls)
        return 0
    found = {name: measure(client, url, options.calls) for name, url in addresses.items()}
    for name, (milliseconds, statements, size) in found.items():
        print(f"{name}: {milliseconds:.1f} ms CPU, {statements} statements, {size / 1024:.0f} KiB")
    slow = [
        name for name, (milliseconds, _statements, _size) in found.items() if milliseconds > BOUNDS_MS[name]
    ]
    for name in slow:
        print(
            f"{name} takes more CPU than its {BOUNDS_MS[name]} ms: something is computed or drawn for nothing"
        )
    print("bench pages " + " ".join(f"{name}_ms={one[0]:.0f}" for name, one in found.items()))
    return 1 if slow else 0


def pages(user: Any) -> Iterator[tuple[str, str]]:
    """Each page by its name in BOUNDS_MS, with its address."""
    from django.urls import reverse

    by_state = make_mailings(user)
    page = {state: reverse("mailings:inspect", args=[pk]) for state, pk in by_state.items()}
    yield "new_mailing", reverse("mailings:add")
    yield "edit_mailing", reverse("mailings:edit", args=[by_state["draft"]])
    yield "home", reverse("wagtailadmin_home")
    yield "mailings", reverse("mailings:index")
    yield "draft", page["draft"]
    yield "plan", page["planned"]
    yield "under_way", page["running"]
    yield "customers", reverse("customers:index")
    yield "texts_to_choose", reverse("text_chooser:choose")
    yield "audiences_to_choose", reverse("audience_chooser:choose")


def make_mailings(user: Any) -> dict[str, int]:
    """Planned mailings of some customers each, in every state that pages look different in: the id of the latest by state."""
    from backoffice.audiences.models import Audience
    from backoffice.mailings import lifecycle, planning
    from backoffice.mailings.models import Mailing
    from backoffice.message_templates.models import MessageTemplate, TextVariant

    state = Mailing.State
    states = [state.DRAFT, state.RUNNING, state.FINISHED, state.APPROVED, state.SUBMITTED, state.PLANNED]
    for number in range(CHOICES):
        text, is_new = MessageTemplate.objects.get_or_create(
            name=f"Page {number}", defaults={"text": 'Dear {first_name|default:"customer"}, come in.'}
        )
        if is_new:
            TextVariant.objects.create(template=text, language="ru", text="Приходите.")
        Audience.objects.get_or_create(name=f"Page {number}", defaults={"rules": _some(number)})
    texts = list(MessageTemplate.objects.filter(name__startswith="Page "))
    audiences = list(Audience.objects.filter(name__startswith="Page "))
    for number in range(Mailing.objects.filter(name__startswith="Page ").count(), MAILINGS):
        mailing = Mailing.objects.create(
            name=f"Page {number}",
            template=texts[number % CHOICES],
            audience=audiences[number % CHOICES],
            created_by=user,
        )
        wanted = states[number % len(states)]
        if wanted != state.DRAFT:
            lifecycle.request_plan(mailing, user)
            planning.plan(mailing)
        Mailing.objects.filter(pk=mailing.pk).update(state=wanted)
    return dict(Mailing.objects.filter(name__startswith="Page ").order_by("pk").values_list("state", "pk"))


def _some(number: int) -> list[dict[str, Any]]:
    """Conditions that fit one customer in 5 000 of deploy.bench_plan."""
    return [{"type": "loyalty_points", "value": {"at_least": number, "at_most": number}}]


def measure(client: Any, url: str, calls: int) -> tuple[float, int, int]:
    """Milliseconds of CPU of a page at its quickest, its statements, and its bytes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(3):
        client.get(url)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    statements = len(asked)  # the next request begins the record anew
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    times = []
    for _ in range(calls):
        begun = time.process_time()
        client.get(url)
        times.append(1000 * (time.process_time() - begun))
    return min(times), statements, len(answer.content)


def profile(client: Any, url: str, calls: int) -> None:
    """Prints where a page spends its time, and what it asks of the database from which line of ours."""
    from django.db import connection

    def tell(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        ours = [frame for frame in traceback.extract_stack() if "/backoffice/" in frame.filename]
        where = f"{ours[-1].filename.rpartition('/backoffice/')[2]}:{ours[-1].lineno}" if ours else ""
        print(f"{where} {' '.join(str(sql).split())[:200]}")
        return execute(sql, params, many, context)

    client.get(url)
    with connection.execute_wrapper(tell):
        client.get(url)
    with cProfile.Profile() as seen:
        for _ in range(calls):
            client.get(url)
    pstats.Stats(seen).sort_stats("cumulative").print_stats(80)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
