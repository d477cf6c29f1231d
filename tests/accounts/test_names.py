from backoffice.accounts.models import User
from backoffice.accounts.names import name_of


def test_somebody_is_called_by_name_or_by_login() -> None:
    assert name_of(User(username="olga", first_name="Olga", last_name="Petrova")) == "Olga Petrova"
    assert name_of(User(username="olga")) == "olga"


def test_where_it_was_nobody_it_was_parley() -> None:
    assert name_of(None) == "Parley"
