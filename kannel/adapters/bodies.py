"""Bodies of requests. A template is read once as what it is; values are put into its leaves, so nothing can break out."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlencode
from xml.etree import ElementTree

from django.utils.translation import gettext as _

from kannel.adapters import placeholders
from kannel.adapters.placeholders import Values
from kannel.values import ConfigurationError

FIELD = "body"
# A body and an answer of more than this are no message and no answer.
AT_MOST_BYTES = 65_536
# Characters that no XML 1.0 document may hold, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


class Body(Protocol):
    """A template that was read."""

    content_type: str

    def written(self, values: Values) -> bytes:
        """The body of one message."""


class NotXml(Exception):
    """It cannot be read as XML, or declares things of its own."""


def read(kind: str, template: str) -> Body:
    """The template of a body. Raises ConfigurationError."""
    if len(template) > AT_MOST_BYTES:
        raise ConfigurationError(FIELD, _("Use at most %(most)d characters.") % {"most": AT_MOST_BYTES})
    placeholders.check(FIELD, template)
    if kind == "none":
        if template.strip():
            raise ConfigurationError(FIELD, _("Leave the template empty, or choose what the body is."))
        return NoBody()
    if not template.strip():
        raise ConfigurationError(FIELD, _("Write the body that the operator expects."))
    kinds: dict[str, Callable[[str], Body]] = {"json": JsonBody, "form": FormBody, "xml": XmlBody}
    return kinds[kind](template)


class NoBody:
    """All is in the address."""

    content_type = ""

    def written(self, values: Values) -> bytes:
        return b""


class JsonBody:
    """Values go into the strings of the tree; {to_digits:number} makes a string a number."""

    content_type = "application/json"

    def __init__(self, template: str) -> None:
        try:
            self.tree = json.loads(template)
        except (ValueError, RecursionError) as error:
            where = getattr(error, "lineno", 0)
            raise ConfigurationError(
                FIELD,
                _('This is no JSON; look at line %(line)d. Placeholders stand in quotes: "{to}".')
                % {"line": where},
            ) from error

    def written(self, values: Values) -> bytes:
        return json.dumps(_in_json(self.tree, values), ensure_ascii=False).encode("utf-8", "replace")


def _in_json(node: Any, values: Values) -> Any:
    if isinstance(node, str):
        if name := placeholders.number_in(node):
            return int(values[name]) if values[name].isdecimal() else values[name]
        return placeholders.fill(node, values)
    if isinstance(node, list):
        return [_in_json(one, values) for one in node]
    if isinstance(node, dict):
        return {name: _in_json(one, values) for name, one in node.items()}
    return node


class FormBody:
    """Lines of Name=value."""

    content_type = "application/x-www-form-urlencoded"

    def __init__(self, template: str) -> None:
        lines = [line.strip() for line in template.splitlines() if line.strip()]
        if wrong := next((line for line in lines if line.find("=") < 1), None):
            raise ConfigurationError(
                FIELD, _("Write each line as Name=value; “%(line)s” is not.") % {"line": wrong[:40]}
            )
        self.pairs = [
            (name.strip(), value.strip()) for name, _sign, value in (one.partition("=") for one in lines)
        ]

    def written(self, values: Values) -> bytes:
        filled = [(name, placeholders.fill(value, values)) for name, value in self.pairs]
        return urlencode(filled, errors="replace").encode("ascii")


class XmlBody:
    """Values go into texts and attributes."""

    content_type = "text/xml; charset=utf-8"

    def __init__(self, template: str) -> None:
        try:
            self.tree = parse_xml(template.strip().encode("utf-8", "replace"))
        except NotXml as error:
            raise ConfigurationError(
                FIELD, _("This is no XML: %(why)s. Every element that opens must close.") % {"why": error}
            ) from error

    def written(self, values: Values) -> bytes:
        tree = copy.deepcopy(self.tree)
        for node in tree.iter():
            node.text = _in_xml(node.text, values)
            node.tail = _in_xml(node.tail, values)
            for name, value in node.attrib.items():
                node.attrib[name] = _in_xml(value, values) or ""
        return bytes(ElementTree.tostring(tree, encoding="utf-8", xml_declaration=True))


def _in_xml(text: str | None, values: Values) -> str | None:
    return _NOT_XML.sub("", placeholders.fill(text, values)) if text else text


def parse_xml(data: bytes) -> ElementTree.Element:
    """The root of a document without declarations of its own, so that it cannot grow. Raises NotXml."""
    if _DOCTYPE.search(data):
        raise NotXml(_("DOCTYPE is not taken"))
    try:
        return ElementTree.fromstring(data)  # noqa: S314  no declarations, a bounded size
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise NotXml(str(error)) from error
