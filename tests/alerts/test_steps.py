"""A background step is tried a bounded number of times, then it stops with a sentence, and a person can go on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

from backoffice.accounts.models import User
from backoffice.alerts import steps
from backoffice.alerts.models import Alert, Attempt
from backoffice.alerts.steps import Step

pytestmark = pytest.mark.django_db


@pytest.fixture
def left() -> list[tuple[str, str]]:
    """What was given up, with the sentence."""
    return []


@pytest.fixture
def step(left: list[tuple[str, str]]) -> Step:
    def give_up(subject: str, sentence: str) -> None:
        left.append((subject, sentence))

    return Step("test.subject", "Baking", "“%(name)s” burned %(count)s times (%(error)s).", give_up)


@pytest.fixture
def house() -> Step:
    return Step("test.house", "Sweeping")


def fail() -> None:
    raise ValueError("the secret of a customer")


def fail_until_given_up(step: Step, subject: str = "5", work: Callable[[], object] = fail) -> int:
    """Time passes between the tries. Returns how often it was tried."""
    tries = 0
    while not Attempt.objects.filter(step=step.name, subject=subject, given_up_at__isnull=False).exists():
        Attempt.objects.update(next_try_at=timezone.now())
        step.do(subject, work)
        tries += 1
        assert tries < 100
    return tries


def test_what_goes_well_leaves_nothing(step: Step) -> None:
    assert step.do(5, lambda: "bread") == "bread"
    assert not Attempt.objects.exists()


def test_after_a_failure_it_waits_and_each_wait_is_longer(step: Step) -> None:
    waits = []
    for _ in range(3):
        Attempt.objects.update(next_try_at=timezone.now())
        step.do(5, fail)
        known = Attempt.objects.get()
        waits.append(known.next_try_at - known.last_at)
    assert waits == list(steps.WAITS[:3])


def test_nothing_is_done_before_the_wait_is_over(step: Step) -> None:
    step.do(5, fail)
    assert step.do(5, lambda: "bread") is None
    assert step.do(6, lambda: "bread") == "bread"


def test_it_is_given_up_after_so_many_tries_with_a_sentence_and_an_alarm(
    step: Step, left: list[tuple[str, str]]
) -> None:
    assert fail_until_given_up(step) == step.tries
    assert left == [("5", "“5” burned 5 times (ValueError).")]
    alert = Alert.objects.get(closed_at=None)
    assert (alert.level, alert.sentence) == ("alarm", "“5” burned 5 times (ValueError).")


def test_the_words_of_an_error_are_kept_nowhere(step: Step) -> None:
    fail_until_given_up(step)
    assert "secret" not in str(list(Attempt.objects.values())) + str(list(Alert.objects.values()))


def test_when_a_person_lets_go_on_it_is_tried_as_often_again(step: Step, left: list[tuple[str, str]]) -> None:
    fail_until_given_up(step)
    Attempt.objects.update(next_try_at=timezone.now())
    step.do(5, fail)
    assert len(left) == 1
    assert fail_until_given_up(step) == step.tries - 1
    assert len(left) == 2


def test_success_closes_the_alarm(step: Step) -> None:
    fail_until_given_up(step)
    step.do(5, lambda: None)
    assert not Alert.objects.filter(closed_at=None).exists()
    assert not Attempt.objects.exists()


def test_what_belongs_to_the_house_stands_still_and_is_tried_now_and_then(house: Step) -> None:
    assert fail_until_given_up(house, "") == house.tries
    known = Attempt.objects.get()
    assert known.next_try_at - known.last_at > steps.RESTS - timedelta(seconds=10)
    Attempt.objects.update(next_try_at=timezone.now())
    house.do("", fail)
    assert Attempt.objects.get().next_try_at > timezone.now() + steps.RESTS - timedelta(seconds=10)
    assert Alert.objects.get(closed_at=None).sentence.startswith("Sweeping does not work")


def test_a_state_that_cannot_be_left_is_told_all_the_same() -> None:
    def give_up(subject: str, sentence: str) -> None:
        raise RuntimeError("it is gone")

    step = Step("test.gone", "Baking", "“%(name)s” burned.", give_up)
    fail_until_given_up(step)
    assert Alert.objects.get(closed_at=None).sentence == "“5” burned."


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, RedisError])
def test_what_the_house_stands_on_being_away_is_nobodys_failure(step: Step, error: type[Exception]) -> None:
    def away() -> None:
        raise error("away")

    with pytest.raises(error):
        step.do(5, away)
    assert not Attempt.objects.exists()


def test_an_answer_that_is_an_exception_passes() -> None:
    step = Step("test.passes", "Baking", passes=(LookupError,))

    def answer() -> None:
        raise KeyError("nothing to do")

    with pytest.raises(KeyError):
        step.do(5, answer)
    assert not Attempt.objects.exists()


def test_failures_of_long_ago_are_forgotten_with_their_alarms(step: Step) -> None:
    fail_until_given_up(step)
    Attempt.objects.update(last_at=timezone.now() - steps.KEPT - timedelta(days=1))
    assert steps.forget_old() == 1
    assert not Alert.objects.filter(closed_at=None).exists()


def test_the_page_says_what_failed_and_has_it_tried_at_once(step: Step, client: Client) -> None:
    fail_until_given_up(step)
    Attempt.objects.create(
        step="test.no_longer_there",
        tries=1,
        first_at=timezone.now(),
        last_at=timezone.now(),
        next_try_at=timezone.now(),
    )
    Attempt.objects.update(next_try_at=timezone.now() + timedelta(hours=1))
    client.force_login(User.objects.create_superuser("staff"))
    page = client.get(reverse("alerts:steps")).content.decode()
    assert "Baking (5)" in page
    assert "ValueError" in page
    assert "test.no_longer_there" in page
    known = Attempt.objects.get(step=step.name)
    client.post(reverse("alerts:try_step", args=[known.pk]))
    known.refresh_from_db()
    assert known.next_try_at <= timezone.now()


def test_an_employee_has_no_business_there(client: Client) -> None:
    person = User.objects.create_user("somebody", password="a long password")
    client.force_login(person)
    assert client.get(reverse("alerts:steps")).status_code in (302, 403)
