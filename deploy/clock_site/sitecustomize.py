"""Read by every Python process under a set clock: sleeping by a relative time, which libfaketime leaves alone.

Python sleeps until a moment of the monotonic clock; libfaketime 0.9.10 takes its own shift off that, and the call fails with
EINVAL. Shifting the monotonic clock, too, would make locks with a time-out wait for ever.
"""

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex, /) -> None:
    length = seconds if isinstance(seconds, float) else float(seconds)
    if length < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], length)


time.sleep = sleep
