"""Roles to groups: called by a migration, and again whenever the declared rights change."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from backoffice.accounts.roles import RIGHTS

# Wagtail brings these; nobody here edits pages, and a group of nearly the same name misleads.
STOCK_GROUPS = ("Editors", "Moderators")
LABELS = sorted(
    {right.partition(".")[0] for rights in RIGHTS.values() for right in rights} - {"wagtailadmin"}
)


class UnknownRight(Exception):
    """roles.py names a permission that no model has."""


def make_groups(apps: Any, schema_editor: Any) -> None:
    """Gives each role's group exactly its declared rights. Raises UnknownRight for a misspelt one."""
    using = schema_editor.connection.alias
    # Django makes permissions after all migrations; the groups need them now.
    for label in LABELS:
        create_permissions(installed.get_app_config(label), verbosity=0, using=using, apps=installed)
    _make_publishing_permissions(using)
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    group_model.objects.using(using).filter(name__in=STOCK_GROUPS).delete()
    for role, rights in RIGHTS.items():
        wanted = Q()
        for right in rights:
            label, _, codename = right.partition(".")
            wanted |= Q(content_type__app_label=label, codename=codename)
        found = list(permission_model.objects.using(using).filter(wanted).select_related("content_type"))
        missing = set(rights) - {f"{one.content_type.app_label}.{one.codename}" for one in found}
        if missing:
            raise UnknownRight(", ".join(sorted(missing)))
        group, _ = group_model.objects.using(using).get_or_create(name=role)
        group.permissions.set(found)


def _make_publishing_permissions(using: str) -> None:
    """Those that Wagtail adds for texts after all migrations, under the same names (wagtail.snippets.models)."""
    model = installed.get_model("message_templates", "MessageTemplate")
    content_type = ContentType.objects.db_manager(using).get_for_model(model)
    for verb in ("publish", "lock", "unlock"):
        Permission.objects.using(using).get_or_create(
            content_type=content_type,
            codename=f"{verb}_messagetemplate",
            defaults={"name": f"Can {verb} {model._meta.verbose_name_raw}"},
        )
