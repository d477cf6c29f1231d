"""The field that takes a table: it looks at the size before anything is read."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from backoffice.lib.files.gate import check_size
from backoffice.lib.files.problems import FileProblem
from backoffice.lib.files.sentences import of_file

ACCEPTED = ".csv,.txt,.tsv,.xlsx"


class TableField(forms.FileField):
    """A file with a table in it, CSV or Excel, not larger than can be read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.FileInput(attrs={"accept": ACCEPTED}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if isinstance(file, UploadedFile):
            try:
                check_size(file.name or "", file.size or 0)
            except FileProblem as problem:
                raise forms.ValidationError(of_file(problem.code, problem.detail)) from problem
        return file
