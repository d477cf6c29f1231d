"""Expressions of people end, whatever they are: those that would not are given up."""

import re
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kannel.bounded import NoPattern, Pattern

# More than the budget of one match takes on a slow and busy machine, and far less than any of these takes without one.
PATIENCE_SECONDS = 20
PIECES = st.sampled_from(
    [".*", ".+", "a*", "a+", "[ab]*", "a?", "(a|ab)", "a{0,50}", "(.*)", ".*?", "b", "(a*)*"]
)


@pytest.mark.parametrize(
    "expression",
    [
        ".*.*.*.*.*.*.*x",
        "(a+)+x",
        "(a|a)*x",
        "(a*)*(a*)*x",
        "(.*a){12}x",
        "a?" * 40 + "a" * 40 + "x",
        "(a|aa)+$x",
        "([a-z]+.)*y",
    ],
)
@pytest.mark.parametrize("length", [100, 2_000, 60_000])
def test_a_catastrophic_expression_ends(expression: str, length: int) -> None:
    begun = time.process_time()
    pattern = Pattern(expression)
    assert not pattern.fits("a" * length)
    assert pattern.first_group("a" * length) == ""
    assert time.process_time() - begun < PATIENCE_SECONDS


@settings(max_examples=40, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=12).map("".join), st.text("ab", max_size=2_000))
def test_whatever_is_put_together_ends(expression: str, text: str) -> None:
    begun = time.process_time()
    Pattern(f"{expression}x").fits(text)
    Pattern(f"({expression})x").first_group(text)
    assert time.process_time() - begun < PATIENCE_SECONDS


def test_other_threads_go_on_meanwhile() -> None:
    counted = 0
    pattern = Pattern(".*.*.*.*.*.*.*x")
    thread = threading.Thread(target=lambda: [pattern.fits("a" * 5_000) for _ in range(5)])
    thread.start()
    while thread.is_alive():
        counted += 1
    thread.join()
    assert counted > 100


@given(
    st.sampled_from(["2..", "PENDING|ACCEPTED", "ok", "[0-9]+", "a.b", "é+", r"\d{3}", "(x|y)z?"]),
    st.text(max_size=8),
)
def test_it_means_what_pythons_engine_means(expression: str, text: str) -> None:
    assert Pattern(expression).fits(text) == bool(
        re.compile(expression, re.DOTALL | re.ASCII).fullmatch(text)
    )


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        ("id=([0-9]+)", "ok id=17;", "17"),
        ("id=([0-9]+)", "ok", ""),
        ("id=([0-9]+)?", "id=", ""),
        ("«(.)»", "«é»", "é"),
        ("no group", "no group", ""),
    ],
)
def test_the_first_bracket_is_what_is_wanted(expression: str, text: str, found: str) -> None:
    assert Pattern(expression).first_group(text) == found


@pytest.mark.parametrize("expression", ["(", "[a", "a{3,2}", "*", r"\C"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(NoPattern):
        Pattern(expression)


def test_lone_surrogates_are_no_obstacle() -> None:
    assert not Pattern("a").fits("\ud800")
