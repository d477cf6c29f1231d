"""The look at an upload before it is started: how it is read, its first rows, what becomes of its lines; all of it can be changed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.lib.files.confirmed import Reading, examine, of_run
from backoffice.lib.files.delimited import DELIMITERS
from backoffice.lib.files.encoding import ENCODINGS
from backoffice.lib.files.headings import Columns
from backoffice.lib.files.look import Look
from backoffice.lib.files.reading import look_at
from backoffice.lib.files.sentences import of_row
from backoffice.lib.files.shape import Shape
from backoffice.lib.masking import hinted, without_numbers
from backoffice.lib.run_screens import RunStart
from backoffice.lib.runs import Run
from backoffice.lib.spreadsheets import UnreadableTable

SHOWN_ROWS = 10
SHOWN_PROBLEMS = 20
DELIMITER_WORDS = {";": _("semicolons"), ",": _("commas"), "\t": _("tabs"), "|": _("upright strokes")}
# Shows a cell of the column of this name; None: a column that is left out.
Shown = Callable[[str | None, str], str]


class ShapeForm(forms.Form):
    """How a file is read: what fits its kind."""

    encoding = forms.ChoiceField(label=_("Encoding"), help_text=_("Change it if letters look wrong."))
    delimiter = forms.ChoiceField(label=_("Between the cells stand"))
    sheet = forms.ChoiceField(label=_("Sheet"))
    heading_row = forms.IntegerField(
        label=_("Row of the headings"),
        min_value=0,
        max_value=1000,
        help_text=_("What stands above it is not read. 0 if the table has no headings."),
    )

    def __init__(self, data: Any = None, *, look: Look) -> None:
        super().__init__(data, initial=look.shape.to_json())
        self.shape = look.shape
        names = {
            name: name if visible else gettext("%(sheet)s (hidden)") % {"sheet": name}
            for name, visible in look.sheets
        }
        self._offer(
            "encoding", {look.shape.encoding: look.shape.encoding} | ENCODINGS, not look.shape.is_workbook
        )
        delimiters = {mark: DELIMITER_WORDS[mark] for mark in DELIMITERS}
        others = {look.shape.delimiter: look.shape.delimiter}
        self._offer("delimiter", others | delimiters, not look.shape.is_workbook)
        self._offer("sheet", names, look.shape.is_workbook)

    def _offer(self, name: str, choices: dict[str, Any], is_used: bool) -> None:
        if is_used:
            field: Any = self.fields[name]
            field.choices = list(choices.items())
        else:
            del self.fields[name]

    def asked(self) -> dict[str, Any]:
        """What was chosen, if anything is to be read in another way; with another encoding the headings are looked for anew."""
        chosen = dict(self.cleaned_data)
        kept = self.shape.to_json()
        changed = {name for name, value in chosen.items() if value != kept[name]}
        if changed and "heading_row" not in changed:
            del chosen["heading_row"]
        return chosen if changed else {}


def column_choices(columns: Columns, title: str) -> list[tuple[str, str]]:
    """What a column of a file can be: left out, one of ours, or a further attribute under its own heading."""
    choices = [("", gettext("left out")), *((one.name, str(one.label)) for one in columns)]
    if columns.prefix:
        name = title.strip().lower().removeprefix(columns.prefix)
        if name:
            choices.append(
                (f"{columns.prefix}{name}", gettext("further attribute “%(name)s”") % {"name": name})
            )
    return choices


def chosen_columns(
    columns: Columns, heading: Sequence[str], data: Any, names: Sequence[str | None]
) -> list[str | None]:
    """What somebody has chosen for each column; whatever is none of the choices leaves the column as it was."""
    chosen: list[str | None] = []
    for index, name in enumerate(names):
        title = heading[index] if index < len(heading) else ""
        wish = data.get(f"column_{index}")
        possible = {value for value, _label in column_choices(columns, title)}
        chosen.append((wish or None) if wish in possible else name)
    return chosen


def shown_plainly(name: str | None, value: str) -> str:
    """Cells for whoever may see names and numbers."""
    return value


def shown_masked(private: frozenset[str]) -> Shown:
    """Cells for whoever may not see names and numbers: enough of them to tell whether they stand in the right column."""
    return lambda name, value: hinted(value) if name is None or name in private else value


def look_of(run: Run, columns: Columns, shown: Shown) -> dict[str, Any]:
    """What a page says of a file that was uploaded and not yet started: for ``lib/file_look.html``."""
    try:
        reading = of_run(run, columns)
        look = look_at(Path(run.file.path), asked=reading.asked(), is_short=True)
    except UnreadableTable as error:
        return {"problem": str(error)}
    except OSError:
        return {"problem": gettext("The file is not there any more. Upload it again.")}
    sure = [columns.sure(title) for title in look.heading]
    heads = []
    for index, name in enumerate(reading.columns):
        title = look.heading[index] if index < len(look.heading) else ""
        heads.append(
            {
                "field": f"column_{index}",
                "title": without_numbers(title) or gettext("column %(number)d") % {"number": index + 1},
                "name": name or "",
                "choices": column_choices(columns, title),
                "is_guessed": bool(name) and (index >= len(sure) or sure[index] != name),
            }
        )
    sentences = columns.problems(reading.columns)
    if not reading.account.has_rows:
        sentences.append(gettext("There is nothing below the headings. A file needs at least one row."))
    return about(reading, look) | {
        "heads": heads,
        "rows": [
            [
                shown(name, cells[index] if index < len(cells) else "")
                for index, name in enumerate(reading.columns)
            ]
            for _number, cells in look.rows[:SHOWN_ROWS]
        ],
        "column_problems": sentences,
        "may_start": not sentences,
    }


def about(reading: Reading, look: Look) -> dict[str, Any]:
    """How a file is read and what becomes of its lines: for ``lib/file_account.html``."""
    return {
        "read_as": read_as(look.shape),
        "shape_form": ShapeForm(look=look),
        "account": reading.account,
        "row_problems": [of_row(*problem) for problem in reading.problems[:SHOWN_PROBLEMS]],
        "other_sheets": ", ".join(
            name for name, visible in look.sheets if visible and name != look.shape.sheet
        ),
    }


def read_as(shape: Shape) -> str:
    """How a file is read, in one sentence."""
    if shape.is_workbook:
        sentence = gettext("The sheet “%(sheet)s” is read.") % {"sheet": shape.sheet}
    else:
        words = {
            "encoding": ENCODINGS.get(shape.encoding, shape.encoding),
            "delimiter": DELIMITER_WORDS.get(shape.delimiter, shape.delimiter),
        }
        sentence = gettext("It is read as %(encoding)s, with %(delimiter)s between the cells.") % words
    headings = (
        gettext("The headings stand in row %(row)d.") if shape.heading_row else gettext("It has no headings.")
    )
    return f"{sentence} {headings % {'row': shape.heading_row} if shape.heading_row else headings}"


class FileStart(RunStart):
    """Keeps how the file is read; starts it, unless somebody only wants another look or something is still missing."""

    def get_columns(self) -> Columns:
        """The columns that a file of this kind may have."""
        raise NotImplementedError

    def examine(self, asked: dict[str, Any] | None = None) -> None:
        """Looks at the whole file, read as it was asked, and keeps what was found."""
        examine(self.run, self.get_columns(), asked)

    def choose(self, look: Look, data: Any) -> bool:
        """Keeps which column is what. False if something is still missing."""
        reading, columns = Reading.from_json(self.run.reading), self.get_columns()
        reading.columns = chosen_columns(columns, look.heading, data, reading.columns)
        self.run.reading = reading.to_json()
        self.run.save(update_fields=["reading"])
        return not columns.problems(reading.columns)

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Puts the file, whose reading is complete, in the queue."""
        return super().post(request, pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.run.state != Run.State.UPLOADED:
            return self.to_page()
        try:
            may_start = self._keeps(request.POST)
        except UnreadableTable as error:
            messages.error(request, str(error))
            may_start = False
        except OSError:
            messages.error(request, gettext("The file is not there any more. Upload it again."))
            may_start = False
        return self.start(request, pk) if may_start and "look" not in request.POST else self.to_page()

    def _keeps(self, data: Any) -> bool:
        """Keeps what was chosen. False if there is something to be looked at again before the start."""
        if not self.run.reading:
            # Uploaded by a version that kept no reading.
            self.examine()
        reading = Reading.from_json(self.run.reading)
        look = look_at(Path(self.run.file.path), asked=reading.asked(), is_short=True)
        form = ShapeForm(data, look=look)
        if form.is_valid() and (asked := form.asked()):
            self.examine(asked)
            return False
        if not form.is_valid() and "heading_row" in data:
            raise UnreadableTable(
                " ".join(f"{form[name].label}: {said[0]}" for name, said in form.errors.items())
            )
        return self.choose(look, data) and reading.account.has_rows
