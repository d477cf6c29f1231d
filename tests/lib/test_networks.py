"""The networks of numbers, by prefixes none of which is within another one."""

import random
from itertools import pairwise

from phonenumbers import carrier, parse

from backoffice.lib.networks import Networks, networks_of

RUSSIA = ("+73", "+74", "+75", "+78", "+79")
MTS_CODES = ("+791", "+798")


def numbers(count: int) -> list[str]:
    dice = random.Random(7)
    return [f"+79{dice.randrange(10**9):09}" for _ in range(count)]


def test_numbers_begin_with_the_prefixes_of_their_network_and_of_no_other() -> None:
    known = networks_of(RUSSIA)
    names = {name: tuple(known.prefixes({name})) for name in known.names("en")}
    for number in numbers(20_000):
        found = [name for name, prefixes in names.items() if number.startswith(prefixes)]
        network = known.of(number)
        assert found == ([network] if network else []), number


def test_it_agrees_with_the_library_where_the_library_knows() -> None:
    known = networks_of(RUSSIA)
    for number in numbers(5_000):
        said = carrier.name_for_valid_number(parse(number), "en")
        assert said == (known.of(number) or "") or (not said and number.startswith(MTS_CODES)), number


def test_prefixes_do_not_overlap_and_are_as_short_as_can_be() -> None:
    prefixes = sorted(networks_of(RUSSIA).prefixes({"MTS", "T2"}))
    assert not any(one.startswith(other) for other, one in pairwise(prefixes))
    assert "+791" in prefixes


def test_nothing_is_known_of_a_country_without_networks() -> None:
    nowhere = Networks(("+0",))
    assert (nowhere.names("en"), nowhere.prefixes({"MTS"}), nowhere.of("+0123")) == ([], [], None)
    assert nowhere.find("MTS") is None
