"""Choosing a text or an audience for a mailing: a list with search, and what is chosen shown in the form.

The addresses ask for the right to see texts, or audiences, and for that to make or change mailings (accounts/addresses.py).
"""

from functools import reduce
from operator import and_
from typing import Any, ClassVar

from django import forms
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404
from django.template.loader import render_to_string
from django.urls import path
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.views.generic import chooser as views
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.customers.models import Purpose
from backoffice.mailings import choices
from backoffice.message_templates.models import MessageTemplate

SHOWN = 8
STYLES = ["message_templates/message_templates.css", "mailings/choosers.css"]


class ShowingChooser(BaseChooser):
    """A chooser that shows what is chosen, to whoever may see it. Its script is started by choosers.js: our content
    security policy refuses the one that Wagtail writes into the page.
    """

    template_name = "mailings/choosers/chooser.html"
    right = ""
    no_right_text: str | Promise = ""
    clear_choice_text = _("Take it out")

    def __init__(self, reader: User | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reader = reader

    @property
    def may_choose(self) -> bool:
        return self.reader is not None and self.reader.has_perm(self.right)

    def get_instance(self, value: Any) -> Any:
        """What is in the field may be anything that a browser sent."""
        if not value or isinstance(value, self.model_class):
            return value or None
        try:
            return whole(self.model_class).filter(pk=value).first()
        except (TypeError, ValueError):
            return None

    def get_value_data_from_instance(self, instance: Any) -> dict[str, Any]:
        if not self.may_choose:
            return {"id": instance.pk, "title": str(instance)}
        return data_of(instance, self.reader)

    def get_context(self, name: str, value_data: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value_data, attrs)
        return context | {"chosen": value_data, "may_choose": self.may_choose}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        html: str = self.render_html(name, self.get_value_data(value), attrs)
        return mark_safe(html)  # noqa: S308  made by a template

    @property
    def media(self) -> forms.Media:
        found: forms.Media = super().media + forms.Media(js=["mailings/choosers.js"], css={"all": STYLES})
        return found


class TextWidget(ShowingChooser):
    right = "message_templates.view_messagetemplate"
    no_right_text = _("Your role may not see texts, so you cannot choose one. Ask an administrator.")


class AudienceWidget(ShowingChooser):
    right = "audiences.view_audience"
    no_right_text = _("Your role may not see audiences, so you cannot choose one. Ask an administrator.")


def whole(model: Any) -> QuerySet[Any]:
    """Texts or audiences, with all that is shown of one."""
    return (
        MessageTemplate.objects.prefetch_related("language_variants")
        if model is MessageTemplate
        else model.objects.all()
    )


def data_of(chosen: Any, reader: Any) -> dict[str, Any]:
    """What the form has to know of a text or an audience: how it is shown, and which other fields it fills in."""
    is_text = isinstance(chosen, MessageTemplate)
    shown = choices.chosen_text(chosen, reader) if is_text else choices.chosen_audience(chosen)
    template = f"mailings/choosers/{'text' if is_text else 'audience'}.html"
    return {
        "id": str(chosen.pk),
        "title": str(chosen),
        "edit_url": AdminURLFinder(reader).get_edit_url(chosen) or "",
        "shown": render_to_string(template, {"one": shown}),
        "brings": {"purpose": chosen.purpose, "sender": chosen.sender} if is_text else {},
    }


class WordsForm(BaseFilterForm):
    """Keeps what has every word that was typed."""

    q = forms.CharField(label=_("Search by name and words"), required=False, max_length=200)

    def filter(self, objects: Any) -> Any:
        words = self.cleaned_data["q"].split()
        if not words:
            return objects
        self.is_searching, self.search_query = True, self.cleaned_data["q"]
        return self.with_words(objects, words)

    def with_words(self, objects: Any, words: list[str]) -> Any:
        raise NotImplementedError


class TextWordsForm(WordsForm):
    # Not "purpose": the form behind the list has a field of that name.
    kind = forms.ChoiceField(
        label=_("Purpose"),
        required=False,
        choices=[("", _("any")), *Purpose.choices],
        widget=forms.Select(attrs={"data-chooser-modal-search-filter": True}),
    )

    def filter(self, objects: Any) -> Any:
        kind = self.cleaned_data["kind"]
        return super().filter(objects.filter(purpose=kind) if kind else objects)

    def with_words(self, objects: Any, words: list[str]) -> Any:
        return objects.filter(reduce(and_, (_has(word) for word in words))).distinct()


class AudienceWordsForm(WordsForm):
    def with_words(self, objects: Any, words: list[str]) -> Any:
        """The sentence of its conditions is no column, so that it is searched here."""
        return objects.filter(pk__in=choices.audiences_with(words, objects))


def _has(word: str) -> Q:
    columns = ("name", "folder", "text", "language_variants__text")
    return reduce(lambda one, other: one | other, (Q(**{f"{name}__icontains": word}) for name in columns))


class ListOfChoices:
    """Mix-in for both parts of the list: the whole of it, and what comes after a search."""

    template_name = "mailings/choosers/choose.html"
    results_template_name = "mailings/choosers/results.html"
    is_multiple_choice = False
    nothing: str | Promise = ""
    nothing_found: str | Promise = ""
    results: Any
    filter_form: Any

    def can_create(self) -> bool:
        return False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        nothing = self.nothing_found if self.filter_form.changed_data else self.nothing
        return context | {"choices": self.rows(), "nothing": nothing}

    def rows(self) -> list[choices.Choice]:
        raise NotImplementedError


class ListOfTexts(ListOfChoices):
    filter_form_class = TextWordsForm
    nothing = _("No text is published yet. Write one under Texts and publish it.")
    nothing_found = _("No published text has these words. Type fewer of them, or choose any purpose.")

    def get_object_list(self) -> QuerySet[MessageTemplate]:
        published_at = Coalesce(F("last_published_at"), F("created_at"))
        texts = MessageTemplate.objects.usable().prefetch_related("language_variants")
        return texts.order_by(published_at.desc(), "-pk")

    def rows(self) -> list[choices.Choice]:
        return choices.listed_texts(self.results)


class ListOfAudiences(ListOfChoices):
    filter_form_class = AudienceWordsForm
    nothing = _("There is no audience yet. Make one under Audiences.")
    nothing_found = _("No audience has these words in its name or its conditions. Type fewer of them.")

    def get_object_list(self) -> QuerySet[Audience]:
        return Audience.objects.filter(is_archived=False).order_by("-updated_at", "-pk")

    def rows(self) -> list[choices.Choice]:
        return choices.listed_audiences(list(self.results))


class TextsView(ListOfTexts, views.ChooseView):
    """The list in its window."""


class TextResultsView(ListOfTexts, views.ChooseResultsView):
    """The list after a search."""


class AudiencesView(ListOfAudiences, views.ChooseView):
    """The list in its window."""


class AudienceResultsView(ListOfAudiences, views.ChooseResultsView):
    """The list after a search."""


class ChosenView(views.ChosenView):
    """What the form shows of what somebody has chosen."""

    def get_object(self, pk: str) -> Model:
        rows: Any = whole(self.model)
        found: Model | None = (rows.usable() if self.model is MessageTemplate else rows).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def get_chosen_response_data(self, item: Any) -> dict[str, Any]:
        return data_of(item, self.request.user)


class Choosing(ChooserViewSet):
    """Only what choosing one takes: nothing is made here, and never are several chosen."""

    per_page = SHOWN
    preserve_url_parameters: ClassVar[list[str]] = []
    register_widget = False
    chosen_view_class = ChosenView
    edit_item_text = _("Open it in a new tab")

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.choose_view, name="choose"),
            path("results/", self.choose_results_view, name="choose_results"),
            path("chosen/<int:pk>/", self.chosen_view, name="chosen"),
        ]


class TextChoosing(Choosing):
    model = MessageTemplate
    icon = "mail"
    choose_one_text = _("Choose a text")
    choose_another_text = _("Choose another text")
    choose_view_class = TextsView
    choose_results_view_class = TextResultsView
    base_widget_class = TextWidget


class AudienceChoosing(Choosing):
    model = Audience
    icon = "group"
    choose_one_text = _("Choose an audience")
    choose_another_text = _("Choose another audience")
    choose_view_class = AudiencesView
    choose_results_view_class = AudienceResultsView
    base_widget_class = AudienceWidget


text_choosing = TextChoosing("text_chooser", url_prefix="choose/text")
audience_choosing = AudienceChoosing("audience_chooser", url_prefix="choose/audience")


@hooks.register("register_admin_viewset")
def register_choosers() -> list[ChooserViewSet]:
    return [text_choosing, audience_choosing]
