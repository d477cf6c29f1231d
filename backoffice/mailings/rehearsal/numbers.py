"""Invented numbers to rehearse with: the prefix of the way, then which message it is. No customer's number is ever read."""

# E.164 allows so many. Nobody whom we write to has a number that long, so that none of these is anybody's.
DIGITS = 15


def invented_number(prefix: str, place: int, count: int) -> str:
    """The number of the message in this place (from 1) of so many: unique, and with as much of the prefix as fits.

    >>> invented_number("+7916", 12, 4644)
    '+791600000000012'
    """
    beginning = prefix.lstrip("+")[: DIGITS - len(str(count))]
    return f"+{beginning}{place:0{DIGITS - len(beginning)}d}"


def place_of(number: str, count: int) -> int:
    """The place of a number among so many. Raises ValueError for what is no number."""
    return int(number[-len(str(count)) :])
