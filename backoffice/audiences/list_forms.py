"""What people fill in about lists: names, files, pasted numbers, how a file is read, sets."""

from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.audiences.criteria.membership import (
    archived_audiences,
    archived_lists,
    audience_names,
    list_names,
)
from backoffice.audiences.list_columns import examine, table_of
from backoffice.audiences.list_models import ListRun
from backoffice.audiences.models import CustomerList
from backoffice.lib.files.fields import TableField
from backoffice.lib.spreadsheets import UnreadableTable

Verb = ListRun.Verb
PASTED_CHARACTERS = 2_000_000
KIND_CHOICES = {
    CustomerList.Kind.MEMBERS: _("for choosing: audiences can take these customers, or leave them out"),
    CustomerList.Kind.EXCLUSION: _("never written to: no mailing reaches these customers, whatever it is"),
}


class ListForm(forms.ModelForm[CustomerList]):
    """The name of a list; when it is new, also what kind it is."""

    class Meta:
        model = CustomerList
        fields = ["name", "description", "kind"]
        widgets = {"kind": forms.RadioSelect}

    def __init__(self, *args: Any, kinds: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kinds is None:
            del self.fields["kind"]
            return
        choices = [(kind.value, words) for kind, words in KIND_CHOICES.items() if kind in kinds]
        self.fields["kind"] = forms.ChoiceField(
            label=_("How it is used"), choices=choices, initial=choices[0][0], widget=forms.RadioSelect
        )


class FreezeForm(ListForm):
    """The name of a list that keeps who fits an audience now."""

    class Meta(ListForm.Meta):
        fields = ["name", "description"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        forms.ModelForm.__init__(self, *args, **kwargs)


class CustomersForm(forms.Form):
    """A file, or numbers that are pasted. After is_valid, :meth:`fill_in` puts them into a run."""

    file = TableField(
        label=_("A file"),
        required=False,
        help_text=_("CSV or Excel (.xlsx), with phone numbers or with numbers in the CRM."),
    )
    pasted = forms.CharField(
        label=_("Or paste numbers"),
        required=False,
        max_length=PASTED_CHARACTERS,
        help_text=_("One a line, or with commas between them; a part of a table will do, too."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if bool(cleaned.get("file")) == bool(cleaned.get("pasted", "").strip()) and not self.errors:
            given = bool(cleaned.get("file"))
            self.add_error(
                "file",
                gettext("Give a file or paste numbers, not both.")
                if given
                else gettext("Choose a file, or paste numbers below."),
            )
        return cleaned

    def fill_in(self, run: ListRun) -> bool:
        """Saves the run with the file and how it is probably read; False, with the reason at its field, if it is no table."""
        if file := self.cleaned_data["file"]:
            run.name, run.file = file.name[:200], file
        else:
            run.name = gettext("Pasted numbers")
            run.file.save("pasted.csv", ContentFile(table_of(self.cleaned_data["pasted"])), save=False)
        run.save()
        try:
            # What was pasted stands in a table of our own, in which a comma belongs to its cell.
            examine(run, None if file else {"delimiter": "\t"})
        except UnreadableTable as error:
            run.file.delete(save=False)
            run.delete()
            self.add_error("file" if file else "pasted", str(error))
            return False
        return True


class ReadingForm(forms.ModelForm[ListRun]):
    """Which column of a file names the customers, and what it holds."""

    column = forms.TypedChoiceField(label=_("The customers are in"), coerce=int)

    class Meta:
        model = ListRun
        fields = ["column", "identity", "makes_customers"]
        labels = {
            "identity": _("It holds"),
            "makes_customers": _("Make new customers of phone numbers that nobody has"),
        }
        help_texts = {
            "makes_customers": _(
                "Their number in the CRM begins with “list-”. Without this they are left out and reported."
            )
        }

    def __init__(self, *args: Any, titles: list[str], may_make: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        column: Any = self.fields["column"]
        column.choices = list(enumerate(titles))
        if not may_make:
            del self.fields["makes_customers"]


class CombineForm(forms.Form):
    """A list and another list or audience make a new list, or this one anew."""

    verb = forms.ChoiceField(
        label=_("Who is on it then"),
        choices=[
            (Verb.UNION.value, _("everybody who is on this list or in the other one")),
            (Verb.INTERSECT.value, _("only those who are on this list and in the other one")),
            (Verb.SUBTRACT.value, _("those on this list who are not in the other one")),
        ],
        initial=Verb.UNION.value,
        widget=forms.RadioSelect,
    )
    other = forms.ChoiceField(label=_("The other list or audience"))
    into = forms.ChoiceField(
        label=_("Where the result goes"),
        choices=[("new", _("into a new list; this one stays as it is")), ("this", _("into this list"))],
        initial="new",
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("Name of the new list"), max_length=120, required=False, help_text=_("For a new list only.")
    )

    def __init__(self, *args: Any, customer_list: CustomerList, may_change: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left_out = archived_lists() | {str(customer_list.pk)}
        lists = [(f"list:{pk}", name) for pk, name in list_names().items() if pk not in left_out]
        left_out = archived_audiences()
        audiences = [(f"audience:{pk}", name) for pk, name in audience_names().items() if pk not in left_out]
        other: Any = self.fields["other"]
        other.choices = [
            ("", gettext("Choose a list or an audience")),
            *([(gettext("Lists"), lists)] if lists else []),
            *([(gettext("Audiences"), audiences)] if audiences else []),
        ]
        if not may_change:
            into: Any = self.fields["into"]
            into.choices = into.choices[:1]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("into") == "new":
            name = cleaned.get("name", "").strip()
            if not name:
                self.add_error("name", gettext("Give the new list a name."))
            elif CustomerList.objects.filter(name=name).exists():
                self.add_error("name", gettext("There is a list of this name already. Choose another name."))
        return cleaned
