import json
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import RevisionMixin

from backoffice.audiences import compile as compiling
from backoffice.audiences.blocks import MATCH, RulesField
from backoffice.audiences.criteria import membership
from backoffice.audiences.list_models import ListRun
from backoffice.customers.models import Customer
from backoffice.customers.querysets import CustomerQuerySet
from backoffice.lib.said import Explained, SentenceField, stored

__all__ = ["Audience", "CustomerList", "ListMember", "ListRun", "UnusableAudienceError"]


class UnusableAudienceError(Explained, ValueError):
    """The conditions of a stored audience are incomplete or make no sense any more. Its text says what to do."""


class Audience(RevisionMixin, models.Model):
    """A named tree of criteria. Without any it means everybody.

    Each saving makes a revision. Its editor switches Wagtail's autosave off, which would write half-typed conditions
    into a live audience.
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
    is_archived = models.BooleanField(_("in the archive"), default=False, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    # For lib.deleting: a change of a list that was made from it stands by itself; mailings keep it.
    deleted_with = ("audiences.listrun.right_audience",)

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def with_content_json(self, content: Any) -> "Audience":
        """An old version brings back its conditions. Whether the audience is in the archive is no part of them."""
        version: Audience = super().with_content_json(content)
        version.is_archived = self.is_archived
        return version

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
            raise UnusableAudienceError(self._incomplete) from error

    def _incomplete(self) -> str:
        sentence = gettext(
            "The audience “%(name)s” has conditions that are not complete. Open it and mend them."
        )
        return sentence % {"name": self.name}

    def sentence(self) -> str:
        """Who they are, in words; for conditions that are not complete, what to do about it."""
        try:
            self.check_rules()
        except UnusableAudienceError as error:
            return str(error)
        return compiling.rules_sentence(self.match, self.rules)

    def snapshot(self) -> dict[str, Any]:
        """Its conditions and their sentence as plain values, to be kept by whoever uses them now.

        :raises UnusableAudienceError: if a condition is incomplete.
        """
        self.check_rules()
        return {
            "id": self.pk,
            "revision": self.latest_revision_id,
            "name": self.name,
            "match": self.match,
            "rules": self._plain_rules(),
            "within": self._plain_within(),
            "sentence": stored(self.sentence),
        }

    def is_as_in(self, snapshot: dict[str, Any]) -> bool:
        """Whether its conditions, and those of the audiences in them, are still what they were in a snapshot."""
        then = Audience(match=snapshot["match"], rules=json.dumps(snapshot["rules"]))
        if self.match != then.match or self._plain_rules() != then._plain_rules():
            return False
        # Snapshots of mailings planned before the inner audiences were kept say nothing of them.
        return "within" not in snapshot or self._plain_within() == snapshot["within"]

    def keep_first_revision(self) -> None:
        """Makes a revision of what is stored, if there is none: so that the first change can be compared and undone."""
        if self.latest_revision_id is None:
            stored = Audience.objects.get(pk=self.pk)
            written_at = stored.updated_at  # making a revision sets it to now
            first = stored.save_revision(clean=False)
            first.created_at = written_at
            first.save(update_fields=["created_at"])
            self.latest_revision = first

    def _plain_within(self) -> dict[str, Any]:
        """The conditions of each audience that it leads to, by its number."""
        inner = membership.within(self).items()
        return {number: {"match": one.match, "rules": one._plain_rules()} for number, one in inner}

    def _plain_rules(self) -> Any:
        """As JSON would have them, without the ids of the blocks."""
        rules = [{"type": child.block_type, "value": child.get_prep_value()["value"]} for child in self.rules]
        return _without_ids(json.loads(json.dumps(rules, cls=DjangoJSONEncoder)))


def _without_ids(value: Any) -> Any:
    """Wagtail numbers every block anew when an audience is copied."""
    if isinstance(value, dict):
        return {
            key: _without_ids(inner) for key, inner in value.items() if not (key == "id" and "type" in value)
        }
    return [_without_ids(inner) for inner in value] if isinstance(value, list) else value


class CustomerList(models.Model):
    """Customers chosen by hand, from a file or from a result, not by conditions."""

    class Kind(models.TextChoices):
        MEMBERS = "members", _("a list")
        FROZEN = "frozen", _("a result, frozen at a moment")
        EXCLUSION = "exclusion", _("never written to")

    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.CharField(
        _("description"), max_length=400, blank=True, help_text=_("What it is for. Only employees see it.")
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind, default=Kind.MEMBERS)
    members_count = models.PositiveIntegerField(_("customers"), default=0, editable=False)
    is_archived = models.BooleanField(_("in the archive"), default=False, editable=False)
    # Of a frozen result: which audience it was, in words, and when. The audience may change or go.
    frozen_from = models.CharField(max_length=120, blank=True, editable=False)
    frozen_sentence = SentenceField(blank=True, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    # For lib.deleting: its members and its changes; conditions that name it keep it (membership_views).
    deleted_with = (
        "audiences.listmember.customer_list",
        "audiences.listrun.customer_list",
        "audiences.listrun.left",
        "audiences.listrun.right_list",
    )

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["name"]
        permissions = [("change_exclusion", "Can change who is never written to")]

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
