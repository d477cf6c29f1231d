"""One change of who is on a list, from the wish to its result."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.lib.runs import Run


class ListRun(Run):
    """A file that is put on a list or taken off it, or a list made from other lists and audiences."""

    class Verb(models.TextChoices):
        ADD = "add", _("put on the list")
        REMOVE = "remove", _("taken off the list")
        UNION = "union", _("everybody who is on one of the two")
        INTERSECT = "intersect", _("only those who are on both")
        SUBTRACT = "subtract", _("the first without the second")
        FREEZE = "freeze", _("an audience, frozen at this moment")
        EMPTY = "empty", _("emptied")

    class Identity(models.TextChoices):
        PHONE = "phone", _("phone numbers")
        EXTERNAL_ID = "external_id", _("numbers in the CRM")

    customer_list = models.ForeignKey("audiences.CustomerList", models.CASCADE, related_name="runs")
    verb = models.CharField(max_length=9, choices=Verb)
    # A file: how it is read.
    column = models.PositiveSmallIntegerField(default=0)
    identity = models.CharField(max_length=11, choices=Identity, default=Identity.PHONE)
    has_heading = models.BooleanField(default=False)
    makes_customers = models.BooleanField(default=False)
    # Sets: what the list is made of. Without ``left`` it is the audience alone, or nobody.
    left = models.ForeignKey("audiences.CustomerList", models.SET_NULL, null=True, related_name="+")
    right_list = models.ForeignKey("audiences.CustomerList", models.SET_NULL, null=True, related_name="+")
    right_audience = models.ForeignKey("audiences.Audience", models.SET_NULL, null=True, related_name="+")
    # What came of it, in customers; ``repeated`` in rows.
    added = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)

    class Meta(Run.Meta):
        verbose_name = _("change of a list")
        verbose_name_plural = _("changes of lists")
        default_permissions = ()

    @property
    def is_of_file(self) -> bool:
        """Whether it reads a file, or what was pasted."""
        return self.verb in (self.Verb.ADD, self.Verb.REMOVE)
