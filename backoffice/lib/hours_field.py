"""A length of time that people type as a number of hours."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms

HOUR = timedelta(hours=1)
# A hundred years: more than anybody means, and less than a timedelta holds.
AT_MOST_HOURS = 100 * 366 * 24


class HoursField(forms.DecimalField):
    """Takes 12 or 1.5 and gives a timedelta; shows a timedelta as 12 or 1.5."""

    def __init__(self, *, decimal_places: int = 2, **kwargs: Any) -> None:
        super().__init__(decimal_places=decimal_places, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, timedelta):
            return value
        hours = (Decimal(value // timedelta(seconds=1)) / 3600).quantize(Decimal("0.01"))
        return f"{hours:f}".rstrip("0").rstrip(".")

    def clean(self, value: Any) -> timedelta | None:
        hours = super().clean(value)
        if hours is not None and abs(hours) > AT_MOST_HOURS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return None if hours is None else timedelta(seconds=round(hours * 3600))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.to_python(self.prepare_value(initial)), data)
