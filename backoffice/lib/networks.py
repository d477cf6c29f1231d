"""Which network first gave out a number, by its leading digits, as the phonenumbers library knows it offline.

A number that was taken along to another network still counts as one of its first network.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from functools import cache

from phonenumbers.carrierdata import CARRIER_DATA

# The one language in which the library names every network, and in which longer prefixes are complete.
COMMON = "en"
DIGITS = "0123456789"
# Ranges that the library lacks, of the numbering plan of Russia (Rossvyaz): the codes 910 to 919 and 980 to 989. Longer
# prefixes in them that the library has win, as everywhere.
ADDED = {"+791": "MTS", "+798": "MTS"}
# How people here write names that the library has in Latin letters only.
ALSO = {"МТС": "MTS", "ТЕЛЕ2": "T2"}


class Networks:
    """The networks whose numbers begin with some digits, such as "+375" for those of Belarus."""

    def __init__(self, begins: Collection[str]) -> None:
        self._by_prefix: dict[str, str] = {}
        said: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        starts = tuple(begins)
        self._by_prefix |= {prefix: name for prefix, name in ADDED.items() if prefix.startswith(starts)}
        for digits, names in CARRIER_DATA.items():
            prefix = f"+{digits}"
            if COMMON not in names or not prefix.startswith(starts):
                continue
            network = self._by_prefix[prefix] = names[COMMON]
            for language, name in names.items():
                said[network][language][name] += 1
        self._names = {
            network: {language: counted.most_common(1)[0][0] for language, counted in by_language.items()}
            for network, by_language in said.items()
        }
        self._known_as = {also.upper(): network for also, network in ALSO.items() if network in self._names}
        for network, names in self._names.items():
            self._known_as |= {name.upper(): network for name in names.values()}

    def names(self, language: str) -> list[str]:
        """What they are called in a language, or in English; those with most numbers first."""
        numbers: Counter[str] = Counter()
        for prefix, network in self._by_prefix.items():
            numbers[network] += 10 ** (16 - len(prefix))
        return [self._names[network].get(language, network) for network, _count in numbers.most_common()]

    def find(self, name: str) -> str | None:
        """The network of that name in any language, in the library's own words; None if there is no such network."""
        return self._known_as.get(name.upper())

    def of(self, phone: str) -> str | None:
        """The network of a number in E.164 form. The longest prefix that is known of it decides."""
        lengths = range(len(phone), 0, -1)
        return next((self._by_prefix[phone[:n]] for n in lengths if phone[:n] in self._by_prefix), None)

    def prefixes(self, networks: Collection[str]) -> list[str]:
        """With what the numbers of these networks begin, and no others: where a longer prefix is of another network,
        the shorter one is split into those beside it. No prefix begins with another one of them.
        """
        split = {prefix[:n] for prefix in self._by_prefix for n in range(1, len(prefix))}

        def below(prefix: str, inherited: str | None) -> list[str]:
            network = self._by_prefix.get(prefix, inherited)
            if prefix not in split:
                return [prefix] if network in networks else []
            found = [piece for digit in DIGITS for piece in below(prefix + digit, network)]
            is_whole = found == [prefix + digit for digit in DIGITS]
            return [prefix] if is_whole and len(prefix) > 1 else found

        return below("+", None)


@cache
def networks_of(begins: tuple[str, ...]) -> Networks:
    """The networks of numbers that begin with one of these digits, such as ("+375",). Read once."""
    return Networks(begins)
