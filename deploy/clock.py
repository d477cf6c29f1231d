"""A suite under a set clock: libfaketime shifts what every process of the private stack takes for the time.

The clock goes on from the moment given. Lengths of time (monotonic clocks) stay what they are, so nothing waits differently.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

# Moments at which programs go wrong, each with the company's zone in which it is looked at.
MOMENTS = (
    ("2026-11-30T20:57:00Z", "Europe/Moscow"),  # the last minutes of a month in Moscow
    ("2026-11-30T21:00:30Z", "Europe/Moscow"),  # the first minute of one, while UTC is in the month before
    ("2026-11-30T23:57:00Z", "Europe/Moscow"),  # the last minutes of a month in UTC, a day later in Moscow
    ("2026-12-31T20:58:00Z", "Europe/Moscow"),  # the turn of the year in Moscow
    ("2027-01-01T00:00:30Z", "Europe/Moscow"),  # the turn of the year in UTC
    ("2028-02-28T20:58:00Z", "Europe/Moscow"),  # 29 February begins
    ("2028-02-29T23:50:00Z", "Europe/Moscow"),  # 29 February ends in UTC
    ("2027-03-28T00:50:00Z", "Europe/Berlin"),  # clocks go forward at 01:00 UTC, on a Sunday
    ("2027-10-31T00:10:00Z", "Europe/Berlin"),  # 02:10 comes for the first time; clocks go back at 01:00 UTC
    ("2027-11-07T05:30:00Z", "America/New_York"),  # the same on the other side of UTC, on another date
)
LIBRARIES = tuple(Path("/usr/lib").glob("*-linux-gnu/faketime/libfaketimeMT.so.1"))


class NoClockError(Exception):
    """The clock cannot be set; the text says what to do."""


def environment(words: str, zone: str = "") -> dict[str, str]:
    """What the environment of a process has to say so that its clock begins at a moment.

    :param words: the moment as ISO 8601 with its distance from UTC, such as 2028-02-29T23:50:00Z.
    :param zone: the company's, if it is another one than usual.
    :raises NoClockError: if it is no such moment, or libfaketime is not installed.
    """
    try:
        moment = datetime.fromisoformat(words)
    except ValueError as problem:
        raise NoClockError(f"{words} is no moment. Write it like 2028-02-29T23:50:00Z.") from problem
    if moment.tzinfo is None:
        raise NoClockError(f"Say how far {words} is from UTC, for example {words}Z.")
    if not LIBRARIES:
        raise NoClockError("libfaketime is not installed: apt-get install faketime.")
    # Where this process has such a clock itself, its own shift is part of the way.
    own = int(os.environ.get("FAKETIME", "0s").rstrip("s"))
    seconds = own + round((moment - datetime.now(UTC)).total_seconds())
    found = {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # One clock for all processes, wherever each of them was started.
        "FAKETIME_DONT_RESET": "1",
        "PYTHONPATH": str(Path(__file__).parent / "clock_site"),
    }
    return found | ({"TIME_ZONE": zone} if zone else {})
