"""The quote that keeps office programs from running a cell: put on whatever we write, taken off whatever comes in."""

import re

# A cell that begins like this is a formula to an office program (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# A number runs nothing, whatever its sign.
_NUMBER = re.compile(r"[+-]?\d[\d.,\u00a0\u202f ]*")


def safe_text(value: str) -> str:
    """The text as it may stand in a table for download."""
    if value.lstrip("'").startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def plain_cell(value: str) -> str:
    """The text that a cell of ours stands for; of any other cell the cell itself."""
    return value[1:] if value.startswith("'") and value.lstrip("'").startswith(FORMULA_STARTS) else value
