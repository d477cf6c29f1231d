"""Phone numbers as those see them who may not see them in full."""

import pytest

from backoffice.lib.masking import hinted, masked_phone


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


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("8 (916) 123-45-67", "8 •••67"),
        ("+79161234567", "+79•••67"),
        ("Анна Петрова", "А••• П•••"),
        ("anna@example.com", "a•••@e•••.c•••"),
        ("12", "12"),
        ("", ""),
    ],
)
def test_a_cell_is_hinted_at(cell: str, shown: str) -> None:
    assert hinted(cell) == shown
