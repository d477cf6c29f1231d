"""Small files of the kinds that people really upload."""

from pathlib import Path

CASES = Path(__file__).parents[3] / "fixtures" / "cases"
KNOWN = frozenset({"external id", "phone", "first name", "city", "name"})
