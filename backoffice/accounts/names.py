"""How an employee is called on screens, and that nobody is taken for another."""

import unicodedata
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from backoffice.accounts.models import User

# Letters and digits that look like a Latin letter in most fonts, after case is folded and accents are taken off
# (Unicode Technical Standard 39, confusables). Capital letters are what some of them look alike in: В, Н, К, М, Т.
_LIKE = str.maketrans("авсԁеһнікјӏмոорԛѕтуѵԝхгαβεηικνορτυχω01|", "abcdehhikjlmnopqstyvwxrabenikvoptyxwoll")


def name_of(user: "User | None") -> str:
    """First and last name, or the login where there is none; Parley itself where it was nobody."""
    if user is None:
        return _("Parley")
    return user.get_full_name() or user.get_username()


def likeness(name: str) -> str:
    """What two names have in common when a reader takes one for the other: case, accents, order and alphabet aside."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    # Neither accents nor invisible signs part a word.
    seen = (sign for sign in plain if unicodedata.category(sign) not in ("Mn", "Me", "Cf"))
    words = "".join(sign if sign.isalnum() or sign == "|" else " " for sign in seen).split()
    # i, l and 1 look alike in many fonts.
    return "".join(sorted(word.translate(_LIKE).replace("i", "l") for word in words))


def is_taken(name: str, by_other_than: "User") -> bool:
    """Whether somebody else is called so, or so that one is taken for the other."""
    wanted = likeness(name)
    users = get_user_model().objects.exclude(pk=by_other_than.pk).only("first_name", "last_name", "username")
    return any(wanted in (likeness(name_of(one)), likeness(one.get_username())) for one in users)
