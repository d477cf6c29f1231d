"""A new condition is one small class: it is offered, counted and said without any other change."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Q
from django.forms import modelform_factory
from wagtail import blocks

from backoffice.audiences.blocks import rules_block
from backoffice.audiences.compile import rules_sentence
from backoffice.audiences.counting import reach
from backoffice.audiences.criteria import Criterion, registry
from backoffice.audiences.criteria.base import PERSON
from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer

pytestmark = pytest.mark.django_db

FIELD = Audience._meta.get_field("rules")


@pytest.fixture(autouse=True)
def _initials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    class Initial(Criterion):
        """The first name begins with some letters."""

        criterion = "initial"
        letters = blocks.CharBlock(label="letters", required=False)

        class Meta:
            label = "First name begins with"
            icon = "user"
            group = PERSON

        def errors(self, value: Any) -> dict[str, str]:
            return {} if value["letters"] else {"letters": "Say which letters."}

        def to_q(self, value: Any) -> Q:
            return Q(first_name__startswith=value["letters"])

        def sentence(self, value: Any) -> str:
            return f"the first name begins with {value['letters']}"

        def answer(self, value: Any, customer: Any) -> str:
            return customer.first_name or "no first name"

    # The field has made its blocks when they were first asked for; a new class comes with a new process.
    monkeypatch.setitem(FIELD.__dict__, "stream_block", rules_block())
    yield
    del registry["initial"]


def test_it_is_offered_in_the_picker() -> None:
    editor = str(modelform_factory(Audience, fields=["rules"])()["rules"])
    assert "First name begins with" in editor


def test_it_is_counted_and_said() -> None:
    Customer.objects.create(external_id="anna", first_name="Anna")
    Customer.objects.create(external_id="boris", first_name="Boris")
    rules = rules_block().to_python([{"type": "initial", "value": {"letters": "A"}}])
    found = reach("all", rules)
    assert found.fitting.customers == 1
    assert rules_sentence("all", rules) == "The first name begins with A."


def test_it_is_stored_and_chosen_without_a_migration() -> None:
    Customer.objects.create(external_id="anna", first_name="Anna")
    Audience.objects.create(name="A", rules=[{"type": "initial", "value": {"letters": "A"}}])
    audience = Audience.objects.get()
    assert list(audience.customers().values_list("external_id", flat=True)) == ["anna"]
    assert audience.sentence() == "The first name begins with A."


def test_it_stands_in_groups_too() -> None:
    group = {"match": "none", "rules": [{"type": "initial", "value": {"letters": "A"}}]}
    Audience.objects.create(name="Not A", rules=[{"type": "group", "value": group}])
    assert Audience.objects.get().sentence() == "(not one of these holds: the first name begins with A)."
