"""Answers and receipts of operators, and the places in them: `messages.0.status.name`, `info.@id`, `status`, `body`."""

import json
import re
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from kannel.adapters.bodies import NotXml, parse_xml

# The node itself: the text of an element whose attributes tell the rest.
ITSELF = "."
STATUS, BODY = "status", "body"
PLACE = re.compile(r"\.|[A-Za-z0-9_@:-]+(\.[A-Za-z0-9_@:-]+)*")


class Node(Protocol):
    """One document, or a part of it that is one of several."""

    def at(self, place: str) -> str | None:
        """The value there; None if there is none."""

    def several(self, place: str) -> "Iterator[Node]":
        """The parts there, in order."""


def read(kind: str, body: bytes, status: int | None = None) -> "Document":
    """A document of a kind (json, xml, form, text). What cannot be read as such has no places but status and body."""
    text = body.decode("utf-8", "replace")
    node: Node
    try:
        if kind == "json":
            node = JsonNode(json.loads(text))
        elif kind == "xml":
            node = XmlNode(parse_xml(body.strip()))
        elif kind == "form":
            node = JsonNode(dict(parse_qsl(text, keep_blank_values=True)))
        else:
            node = JsonNode(None)
    except (ValueError, RecursionError, NotXml):
        node = JsonNode(None)
    return Document(node, text, status)


class Document:
    """An answer or a call with what came besides."""

    def __init__(self, node: Node, body: str, status: int | None) -> None:
        self.node, self.body, self.status = node, body, status

    def at(self, place: str) -> str | None:
        if place == BODY:
            return self.body
        if place == STATUS and self.status is not None:
            return str(self.status)
        return self.node.at(place)

    def several(self, place: str) -> Iterator[Node]:
        return self.node.several(place) if place else iter([self])


class JsonNode:
    """Objects by name, lists by number."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def _down(self, place: str) -> Any:
        value = self.value
        for step in place.split("."):
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                return None
        return value

    def at(self, place: str) -> str | None:
        value = self.value if place == ITSELF else self._down(place)
        if value is None or isinstance(value, (dict, list)):
            return None
        return json.dumps(value) if isinstance(value, bool) else str(value)

    def several(self, place: str) -> Iterator[Node]:
        found = self._down(place)
        return (
            JsonNode(one) for one in (found if isinstance(found, list) else [] if found is None else [found])
        )


class XmlNode:
    """Elements below the root by name, the next step a number where there are several; @name is an attribute."""

    def __init__(self, element: Element) -> None:
        self.element = element

    def _down(self, place: str) -> list[Element]:
        found = [self.element]
        for step in filter(None, place.split(".")):
            if step.isdecimal():
                found = found[int(step) : int(step) + 1]
            else:
                found = [child for one in found for child in one if _local(child.tag) == step]
        return found

    def at(self, place: str) -> str | None:
        way, _, attribute = place.rpartition("@")
        if place.count("@") == 1 and attribute:
            found = self._down(way.rstrip("."))
            return found[0].get(attribute) if found else None
        found = self._down(place)
        return (found[0].text or "").strip() if found else None

    def several(self, place: str) -> Iterator[Node]:
        return (XmlNode(one) for one in self._down(place))


def _local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]
