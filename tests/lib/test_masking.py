"""Phone numbers as those see them who may not see them in full."""

import pytest

from backoffice.lib.masking import masked_phone


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+79121234545", "+7 912 ••• •• 45"),
        ("+375291234567", "+375 291 ••• •• 67"),
        ("no number", "•••"),
        ("", ""),
    ],
)
def test_the_middle_of_a_number_is_hidden(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown
