from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from backoffice.customers.models import Customer  # noqa: F401


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Sets of customers."""
