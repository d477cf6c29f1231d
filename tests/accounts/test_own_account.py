"""Nobody is taken for another, and nobody else changes an e-mail address."""

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.accounts.models import User
from backoffice.accounts.names import is_taken, likeness

pytestmark = pytest.mark.django_db
ANNA = {"first_name": "Anna", "last_name": "Petrova"}


@pytest.fixture
def boris() -> Client:
    user = User.objects.create_user(
        "boris",
        "boris@example.org",
        "a long password",
        first_name="Boris",
        last_name="Orlov",
        is_superuser=True,
    )
    User.objects.create_user("anna", "anna@example.org", "another password", **ANNA)
    client = Client()
    client.force_login(user)
    return client


def save(client: Client, **values: str) -> str:
    mine = {"first_name": "Boris", "last_name": "Orlov", "email": "boris@example.org", **values}
    posted = {f"name_email-{name}": value for name, value in mine.items()}
    page = client.get(reverse("wagtailadmin_account"))
    panels = [panel for tab in page.context["panels_by_tab"].values() for panel in tab]
    for form in (panel.get_form() for panel in panels):
        for name in form.fields:
            posted.setdefault(form.add_prefix(name), form[name].value() or "")
    return str(client.post(reverse("wagtailadmin_account"), posted, follow=True).content.decode())


@pytest.mark.parametrize(
    "name",
    [
        "Anna Petrova",
        "anna petrova",
        "ANNA  PETROVA",
        "Petrova Anna",
        "Аnna Petrova",
        "Annа Реtrоvа",
        "Ánna Petrova",
        "Anna\u200b Petrova",
        "Anna-Petrova",
        "An\u200bna Petrova",
        "AnnaPetrova",
        "Anna Petr0va",
        "Ａnna Petrova",
        "anna",
    ],
)
def test_a_name_that_is_taken_for_anothers_is_taken(boris: Client, name: str) -> None:
    assert is_taken(name, User.objects.get(username="boris"))


@pytest.mark.parametrize(
    "name", ["Boris Orlov", "Anna Petrovna", "Anna Maria Petrova", "Hanna Petrova", "Анна Петрова"]
)
def test_other_names_are_free(boris: Client, name: str) -> None:
    assert not is_taken(name, User.objects.get(username="boris"))


def test_names_in_one_alphabet_that_differ_are_told_apart() -> None:
    names = ["Иван Иванов", "Иван Петров", "Пётр Иванов", "Ирина Иванова", "Nina Orlova", "Mina Orlova"]
    assert len({likeness(name) for name in names}) == len(names)


def test_nobody_takes_anothers_name_on_the_own_page(boris: Client) -> None:
    page = save(boris, first_name="Аnna", last_name="Petrova")
    assert "Somebody else is called so, or nearly so." in page
    assert User.objects.get(username="boris").first_name == "Boris"


def test_nobody_gets_anothers_name_from_an_administrator(boris: Client) -> None:
    posted = {
        "username": "eve",
        "email": "eve@example.org",
        "password1": "x9x9x9x9x9x9",
        "password2": "x9x9x9x9x9x9",
        **ANNA,
    }
    page = boris.post(reverse("wagtailusers_users:add"), posted, follow=True).content.decode()
    assert "Somebody else is called so, or nearly so." in page
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.parametrize("password", ["", "wrong"])
def test_an_email_address_is_not_changed_without_the_password(boris: Client, password: str) -> None:
    page = save(boris, email="eve@example.org", present_password=password)
    assert "Type your present password" in page
    assert User.objects.get(username="boris").email == "boris@example.org"


def test_an_email_address_is_changed_with_the_password(boris: Client) -> None:
    save(boris, email="new@example.org", present_password="a long password")
    assert User.objects.get(username="boris").email == "new@example.org"


def test_a_name_is_changed_without_the_password(boris: Client) -> None:
    save(boris, last_name="Orlovsky")
    assert User.objects.get(username="boris").last_name == "Orlovsky"
