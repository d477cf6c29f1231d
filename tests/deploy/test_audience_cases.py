"""The thirty audiences of the benchmark."""

from deploy.audience_cases import HISTORY, PERSON, cases

KNOWN = {condition.name for condition in (*HISTORY, *PERSON)}


def test_they_grow_from_one_condition_to_twenty_and_three_levels_deep() -> None:
    found = cases(KNOWN)
    assert len(found) == 30
    assert [found[0].conditions, found[-1].conditions] == [1, 20]
    assert {case.depth for case in found} == {1, 2, 3}
    assert [case.conditions for case in found] == sorted(case.conditions for case in found)
    assert sum(case.has_history for case in found) == 15


def test_they_are_the_same_at_every_run() -> None:
    assert cases(KNOWN) == cases(KNOWN)


def test_a_condition_that_is_not_known_is_left_out_of_the_tree_and_of_the_sql_by_hand() -> None:
    assert all("spent_within" not in str(case.rules) for case in cases(KNOWN - {"spent_within"}))
    assert all("sum(amount)" not in case.by_hand for case in cases(KNOWN - {"spent_within"}))
