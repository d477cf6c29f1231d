"""For templates: `{% load said %}`."""

from django import template

from backoffice.lib.said import in_readers_language

register = template.Library()


@register.filter
def said(text: object) -> str:
    """A kept sentence (backoffice.lib.said) in the reader's language; anything else as it is."""
    return in_readers_language(str(text or ""))
