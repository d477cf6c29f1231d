"""Segments and tags: what others have called the customers."""

from typing import Any, ClassVar

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import LABELS, Criterion, OneOf, split_names
from backoffice.audiences.criteria.inputs import names_of, whether


class Segment(OneOf):
    criterion = "segment"
    column = "segment"
    words = gettext_lazy("the segment is %(names)s")
    words_not = gettext_lazy("the segment is not %(names)s, or is not known")
    missing = gettext_lazy("no segment")
    names = names_of("segment")

    class Meta:
        label = gettext_lazy("Segment")
        help_text = gettext_lazy("“Is none of” takes customers without a segment, too.")
        icon = "group"
        group = LABELS


class Tags(Criterion):
    criterion = "tags"
    how = blocks.ChoiceBlock(
        choices=[
            ("any", gettext_lazy("has one of")),
            ("all", gettext_lazy("has all of")),
            ("none", gettext_lazy("has none of")),
        ],
        default="any",
        label=gettext_lazy("how"),
    )
    names = names_of("tags")

    class Meta:
        label = gettext_lazy("Tags")
        label_format = "{label}: {names}"
        help_text = gettext_lazy(
            "Write them exactly as in the customer's record. “Has none of” takes customers without any tag, too."
        )
        icon = "tag"
        group = LABELS

    def errors(self, value: Any) -> dict[str, str]:
        return {} if split_names(value["names"]) else {"names": _("Say which, separated by commas.")}

    def to_q(self, value: Any) -> Q:
        names = split_names(value["names"])
        if value["how"] == "all":
            return Q(tags__contains=names)
        q = Q(tags__overlap=names)
        return ~q if value["how"] == "none" else q

    def sentence(self, value: Any) -> str:
        names = split_names(value["names"])
        if value["how"] == "all":
            return _("the tags %(names)s are all there") % {"names": get_text_list(names, _("and"))}
        words = {"names": get_text_list(names, _("or"))}
        if value["how"] == "none":
            return _("there is no tag %(names)s") % words
        return _("there is the tag %(names)s") % words

    def answer(self, value: Any, customer: Any) -> str:
        return ", ".join(customer.tags) or _("no tag")


class Marked(Criterion):
    """The segment, or a tag, is one of some words, written vip, VIP or Vip."""

    marks: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[str | Promise] = ""
    words_not: ClassVar[str | Promise] = ""

    class Meta:
        label_format = "{label}: {marked}"

    def to_q(self, value: Any) -> Q:
        # An array operator compares letter by letter, so the usual ways to write a word are tried.
        written = [way(mark) for mark in self.marks for way in (str.lower, str.upper, str.title)]
        q = Q(segment__in=written) | Q(tags__overlap=written)
        return ~q if value["marked"] == "not" else q

    def sentence(self, value: Any) -> str:
        return str(self.words_not if value["marked"] == "not" else self.words)

    def answer(self, value: Any, customer: Any) -> str:
        return _("segment: %(segment)s; tags: %(tags)s") % {
            "segment": customer.segment or _("none"),
            "tags": ", ".join(customer.tags) or _("none"),
        }


class Vip(Marked):
    criterion = "vip"
    marks = ("vip", "вип")
    words = gettext_lazy("they are VIP customers")
    words_not = gettext_lazy("they are no VIP customers")
    marked = whether("vip", gettext_lazy("are VIP"), gettext_lazy("are not VIP"))

    class Meta:
        label = gettext_lazy("VIP customers")
        help_text = gettext_lazy("Those whose segment or tag is VIP.")
        icon = "pick"
        group = LABELS


class Corporate(Marked):
    criterion = "corporate"
    marks = ("corporate", "company", "business", "b2b", "корпоративный", "компания", "бизнес", "юрлицо")
    words = gettext_lazy("they are corporate customers")
    words_not = gettext_lazy("they are no corporate customers")
    marked = whether("corporate", gettext_lazy("are corporate"), gettext_lazy("are not corporate"))

    class Meta:
        label = gettext_lazy("Corporate customers")
        help_text = gettext_lazy(
            "Those whose segment or tag is corporate, company, business, b2b, or the like."
        )
        icon = "clipboard-list"
        group = LABELS
