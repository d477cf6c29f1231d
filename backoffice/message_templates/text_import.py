"""A file of texts: read, checked, and taken over as a whole or not at all.

Such files are made by hand and hold some hundreds of rows, so they are read twice: once to be looked at, once to be saved.
What is taken over is a new version of a text. The old ones stay in its history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.lib.files.reading import open_table
from backoffice.lib.files.sentences import of_row
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.message_templates.models import MessageTemplate, TextVariant
from backoffice.message_templates.text_resource import RUSSIAN, cleaners, column_of

ROWS_AT_MOST = 1_000
NEEDED = ("name", "text")
OWN = ("folder", "purpose", "sender", "text")


@dataclass
class Bad:
    """A row that cannot be taken over, and what is wrong with it."""

    row: int
    sentence: str


@dataclass
class ReadText:
    """One text of a file. ``values`` and ``variants`` hold what the file has columns for; all else stays as it is."""

    row: int
    name: str
    values: dict[str, str]
    variants: dict[str, str]
    present: MessageTemplate | None = None

    @property
    def is_new(self) -> bool:
        return self.present is None

    def changes(self, template: MessageTemplate) -> bool:
        """Whether it differs from a text as it stands."""
        old = template.variants()
        return any(getattr(template, name) != value for name, value in self.values.items()) or any(
            old.get(language, "") != words for language, words in self.variants.items()
        )

    def put_into(self, template: MessageTemplate) -> None:
        """Writes its words into a text, without saving it."""
        for name, value in self.values.items():
            setattr(template, name, value)
        variants = {code: words for code, words in template.variants().items() if code} | self.variants
        template.language_variants.set(
            [TextVariant(language=code, text=words) for code, words in variants.items() if words]
        )


@dataclass
class Sheet:
    """What a file would do. With bad rows it can do nothing."""

    texts: list[ReadText] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    read: int = 0

    @property
    def new(self) -> int:
        return sum(text.is_new for text in self.texts)


@dataclass
class Taken:
    """What was saved, in texts."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def read(path: Path) -> Sheet:
    """Reads and checks a file.

    :raises UnreadableTable: if it can be no file of texts.
    """
    heading, rows = open_table(path, frozenset(RUSSIAN) | frozenset(RUSSIAN.values()))
    columns, sheet = _columns(heading), Sheet()
    for number, row, problem, _lines in rows:
        sheet.read += 1
        if sheet.read > ROWS_AT_MOST:
            raise UnreadableTable(lambda: _("The file has more than 1 000 rows. Cut it in pieces."))
        if problem is not None:
            sheet.bad.append(Bad(number, of_row(number, *problem)))
            continue
        _take_row(sheet, columns, number, row)
    _check(sheet)
    sheet.bad.sort(key=lambda bad: bad.row)
    return sheet


@transaction.atomic
def take_over(sheet: Sheet, user: User | None, *, publishes: bool) -> Taken:
    """Saves the texts of a file that has no bad rows: as drafts, or published if ``user`` may do so."""
    taken = Taken()
    for text in sheet.texts:
        if text.present is None:
            _add(text, user, publishes=publishes)
            taken.added += 1
        elif _change(text, text.present, user, publishes=publishes):
            taken.changed += 1
        else:
            taken.unchanged += 1
    return taken


def _add(text: ReadText, user: User | None, *, publishes: bool) -> None:
    template = MessageTemplate(name=text.name, live=False, has_unpublished_changes=True)
    text.put_into(template)
    template.save()
    revision = template.save_revision(user=user)
    log(template, "wagtail.create", user=user, revision=revision, content_changed=True)
    if publishes:
        revision.publish(user=user)


def _change(text: ReadText, present: MessageTemplate, user: User | None, *, publishes: bool) -> bool:
    latest = present.get_latest_revision_as_object()
    is_published = present.live and not present.has_unpublished_changes
    if not text.changes(latest) and (is_published or not publishes):
        return False
    latest.keep_first_revision()
    text.put_into(latest)
    revision = latest.save_revision(user=user, log_action=True)
    if publishes:
        revision.publish(user=user)
    return True


def _columns(heading: Sequence[str]) -> list[str | None]:
    columns = [column_of(title) for title in heading]
    if missing := [name for name in NEEDED if name not in columns]:
        raise UnreadableTable(
            lambda: (
                _("These columns are missing: %(names)s. The first row has to name them.")
                % {"names": ", ".join(missing)}
            )
        )
    return columns


def _take_row(sheet: Sheet, columns: list[str | None], number: int, row: list[str]) -> None:
    known, values = cleaners(), {}
    wrong = []
    for index, name in enumerate(columns):
        if name is None:
            continue
        try:
            values[name] = known[name](row[index].strip() if index < len(row) else "")
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        sheet.bad.append(Bad(number, " ".join(wrong)))
        return
    variants = {name.partition(".")[2]: words for name, words in values.items() if name.startswith("text.")}
    own: dict[str, Any] = {name: values[name] for name in OWN if name in values}
    sheet.texts.append(ReadText(number, values["name"], own, variants))


def _check(sheet: Sheet) -> None:
    """Looks up the texts that are there, and finds those that cannot be changed now."""
    names = [text.name for text in sheet.texts]
    present = {one.name: one for one in MessageTemplate.objects.filter(name__in=names)}
    seen: set[str] = set()
    for text in sheet.texts:
        text.present = present.get(text.name)
        if text.name in seen:
            sheet.bad.append(
                Bad(text.row, _("The name “%(name)s” stands in the file twice.") % {"name": text.name})
            )
        elif text.present and (why := _why_not(text.present)):
            sheet.bad.append(Bad(text.row, why % {"name": text.name}))
        seen.add(text.name)


def _why_not(present: MessageTemplate) -> str:
    """Why a text cannot be changed now, with a place for its name; empty if it can."""
    if present.is_archived:
        return _("The text “%(name)s” is in the archive. Take it out first, or choose another name.")
    if present.locked:
        return _("The text “%(name)s” is locked. Have it unlocked first.")
    if present.workflow_in_progress:
        return _("The text “%(name)s” is being moderated. Wait until that is over.")
    return ""
