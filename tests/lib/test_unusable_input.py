"""What no row can hold is answered with a sentence, whatever it was typed into."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from backoffice.lib.middleware import UnusableInput

HALF = "\ud83d"


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("taken")


def answer_to(posted: dict[str, str]) -> int:
    request = RequestFactory().post("/")
    request.POST = QueryDict(mutable=True)  # type: ignore[assignment]
    request.POST.update(posted)
    return UnusableInput(view)(request).status_code


@pytest.mark.parametrize(
    "typed",
    ["a\0b", "\0", '{"name": "a\\u0000b"}', '["\\ud83d"]', f"half a sign {HALF}", '[{"value": "\\u0000"}]'],
)
def test_signs_that_no_row_can_hold_are_refused(typed: str) -> None:
    assert answer_to({"name": typed}) == 400
    assert answer_to({typed: "name"}) == 400


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_other_text_is_taken(typed: str) -> None:
    if "\\u0000" not in typed:
        assert answer_to({"name": typed}) == 200


@pytest.mark.parametrize("typed", ['{"name": "😀"}', "{first_name}, hello", "[your-site]", "[" * 10_000])
def test_texts_that_look_like_something_else_are_taken(typed: str) -> None:
    assert answer_to({"name": typed}) == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/login/?next=%00", "/customers/%00/", "/texts/history/%00/revisions/compare/"]
)
def test_addresses_are_looked_at_too(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert "cannot be kept" in answer.content.decode()


def test_a_form_without_its_fields_is_asked_for_again() -> None:
    middleware, request = UnusableInput(view), RequestFactory().post("/")
    with pytest.raises(KeyError) as caught:
        request.POST["rules-count"]
    answer: Any = middleware.process_exception(request, caught.value)
    assert answer.status_code == 400
    answer = middleware.process_exception(request, ValueError("Field 'id' expected a number but got 'abc'."))
    assert answer.status_code == 400
    assert middleware.process_exception(request, KeyError("one of ours")) is None


@pytest.mark.parametrize(("count", "status"), [("0", 200), ("12", 200), ("x", 400), ("", 400), ("-1", 400)])
def test_an_editor_says_how_many_blocks_it_sends(count: str, status: int) -> None:
    assert answer_to({"rules-count": count}) == status
