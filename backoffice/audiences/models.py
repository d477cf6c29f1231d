from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from backoffice.audiences import compile as compiling
from backoffice.audiences.blocks import MATCH, RulesField
from backoffice.customers.models import Customer
from backoffice.customers.querysets import CustomerQuerySet


class UnusableAudienceError(ValueError):
    """The conditions of a stored audience are incomplete or make no sense any more. Its text says what to do."""


class Audience(models.Model):
    """A named tree of criteria. Without any it means everybody.

    Deliberately without revisions: autosave would write half-typed conditions into a live audience.
    """

    name = models.CharField(
        _("name"),
        max_length=120,
        unique=True,
        help_text=_("Say who they are, for example “Debtors in Kazan”."),
    )
    description = models.CharField(
        _("description"), max_length=400, blank=True, help_text=_("What it is for. Only employees see it.")
    )
    match = models.CharField(_("customers who meet"), max_length=4, choices=MATCH, default="all")
    rules = RulesField(verbose_name=_("conditions"), blank=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def customers(self) -> CustomerQuerySet:
        """The customers who fit, as one lazy queryset: planning embeds its SQL as a subquery.

        :raises UnusableAudienceError: if a condition is incomplete; the reader must mend the audience first.
        """
        self.check_rules()
        return Customer.objects.filter(compiling.rules_to_q(self.match, self.rules))

    def check_rules(self) -> None:
        """:raises UnusableAudienceError: if a condition is incomplete or makes no sense."""
        try:
            self.rules.stream_block.clean(self.rules)
        except ValidationError as error:
            raise UnusableAudienceError(
                _gettext(
                    "The audience “%(name)s” has conditions that are not complete. Open it and mend them."
                )
                % {"name": self.name}
            ) from error

    def sentence(self) -> str:
        """Who they are, in words; for conditions that are not complete, what to do about it."""
        try:
            self.check_rules()
        except UnusableAudienceError as error:
            return str(error)
        return compiling.rules_sentence(self.match, self.rules)


class CustomerList(models.Model):
    """Customers chosen by hand, from a file or from a result, not by conditions."""

    class Kind(models.TextChoices):
        MEMBERS = "members", _("a list")
        FROZEN = "frozen", _("a result, frozen at a moment")
        EXCLUSION = "exclusion", _("never written to")

    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.CharField(_("description"), max_length=400, blank=True)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind, default=Kind.MEMBERS)
    members_count = models.PositiveIntegerField(_("customers"), default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ListMember(models.Model):
    """One customer on one list. Rows come by COPY."""

    pk = models.CompositePrimaryKey("customer_list_id", "customer_id")
    customer_list = models.ForeignKey(
        CustomerList,
        models.CASCADE,
        related_name="members",
        db_index=False,  # the key begins with it
    )
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return f"{self.customer_list_id} {self.customer_id}"
