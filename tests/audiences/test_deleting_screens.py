"""What is said before an audience or an attribute goes, and what is not said any more."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.customers.models import AttributeDefinition

pytestmark = pytest.mark.django_db


@pytest.fixture
def olgas_pages(client: Client) -> Client:
    olga = User.objects.create_user("olga", password="x")
    olga.groups.add(Group.objects.get(name="Editor"))
    client.force_login(olga)
    return client


def test_deleting_an_audience_says_what_goes_and_what_stays(olgas_pages: Client) -> None:
    kazan = Audience.objects.create(name="Kazan")
    page = olgas_pages.get(f"/audiences/delete/{kazan.pk}/").content.decode()
    assert "The audience “Kazan” is deleted for good, with its history." in page
    assert "referenced" not in page


def test_deleting_an_attribute_says_what_goes_and_what_stays(olgas_pages: Client) -> None:
    size = AttributeDefinition.objects.create(key="shoe_size", label="Shoe size", kind="number")
    page = olgas_pages.get(f"/customers/attributes/delete/{size.pk}/").content.decode()
    assert "so that no condition can use it. What the CRM sent stays." in page
    assert "referenced" not in page


def test_an_old_version_says_when_it_was_and_that_nothing_is_changed_yet(olgas_pages: Client) -> None:
    kazan = Audience.objects.create(name="Kazan")
    first = kazan.save_revision()
    page = olgas_pages.get(f"/audiences/history/{kazan.pk}/revisions/{first.pk}/revert/").content.decode()
    assert "nobody in particular. Nothing is changed before you save it." in page
