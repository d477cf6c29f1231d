"""What is wrong with a file or a row of it, in the reader's words."""

from django.utils.translation import gettext_lazy as _

OF_FILES = {
    "empty": _("The file is empty."),
    "no_table": _("The file is no CSV table. Save it again as CSV (UTF-8) or as .xlsx."),
    "no_workbook": _("The file is no Excel workbook. Save it again as .xlsx or as CSV."),
    "old_workbook": _(
        "The file is a workbook of an old form (.xls), or one with a password. Save it again as .xlsx."
    ),
    "too_large": _(
        "The file is larger than %(detail)s MB. Cut it in pieces and upload them one after the other."
    ),
    "unpacks_to_too_much": _("The workbook unpacks to more than %(detail)s MB. Save it as CSV."),
    "too_much": _("The file takes more memory or time than there is. Save it as CSV, or cut it in pieces."),
    "too_many_columns": _(
        "The table has more than %(detail)s columns. Take away what does not belong to it."
    ),
    "far_row": _("Row %(detail)s stands far below the table. Take away what is in it."),
    "line_too_long": _("A line has more than %(detail)s characters. Look whether this is a table."),
    "not_in_encoding": _("The file is not in this encoding. Choose another one."),
    "no_such_row": _("The file has no row %(detail)s. Choose another row of headings."),
}
OF_ROWS = {
    "open_quote": _("Row %(row)s opens a quote that is not closed. Close it, or take it away."),
    "inside_quote": _("Row %(row)s stands inside the quote that row %(detail)s opens. Mend that row first."),
    "after_quote": _("Row %(row)s goes on after a closing quote. Write a quote inside of a cell twice, or take it away."),
    "too_many_cells": _("Row %(row)s has %(detail)s cells, more than there are headings. Look for a delimiter or a quote too many."),
    "too_few_cells": _("Row %(row)s has only %(detail)s cells. It may belong to a row above that opens a quote."),
    "not_in_encoding": _("Row %(row)s has characters that are not in the encoding of the file. Type them again."),
    "cell_too_long": _("Row %(row)s has a cell with more than 100,000 characters. Shorten it."),
}  # fmt: skip

SINCE_THE_LOOK = _("Row %(row)d: %(why)s Nothing was changed. Upload the file again.")


def of_file(code: str, detail: str | int = "") -> str:
    """Why a file cannot be read, and what to do."""
    return str(OF_FILES[code]) % {"detail": detail}


def of_row(row: int, code: str, detail: str | int = "") -> str:
    """Why a row cannot be read, and what to do."""
    return str(OF_ROWS[code]) % {"row": row, "detail": detail}


def since_the_look(row: int, why: str) -> str:
    """Why a file is not taken over: a row of it was good when somebody looked, and is not any more."""
    return str(SINCE_THE_LOOK) % {"row": row, "why": why}
