"""What the sources say to people: every text given to gettext, under whichever name it was imported."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[2]
ROOMS = ("backoffice", "kannel", "reports")
CONTEXT, PLURAL = ("pgettext", "npgettext"), ("ngettext", "npgettext")
# What Django makes of a template: its calls, among letters that stand for all the rest.
CALL = re.compile(
    r"\b_?(n?p?gettext|_)\(u?(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"(?:, ?u?(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'))?"
)


# Context, text.
Said = tuple[str | None, str]
Wanted = Callable[[str], bool]


def of_sources(wanted: Wanted = lambda called: True) -> dict[Said, str]:
    """Each text, with the first file that says it. ``wanted``: by which functions."""
    found: dict[Said, str] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if "migrations" in path.parts or "vendor" in path.parts:
                continue
            if path.suffix == ".py":
                said = of_module(path.read_text(), wanted)
            elif path.suffix in (".html", ".txt") and "templates" in path.parts:
                said = of_template(path.read_text(), wanted)
            else:
                continue
            for one in said:
                found.setdefault(one, str(path.relative_to(ROOT)))
    return found


def of_module(source: str, wanted: Wanted = lambda called: True) -> Iterator[Said]:
    """Calls of gettext and its relatives, also as `translation.gettext` or under another name."""
    tree = ast.parse(source)
    names = {
        (alias.asname or alias.name): alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = (
            names.get(node.func.id)
            if isinstance(node.func, ast.Name)
            else node.func.attr
            if isinstance(node.func, ast.Attribute) and "gettext" in node.func.attr
            else None
        )
        plain = (called or "").removesuffix("_lazy").removesuffix("_noop")
        if called and wanted(plain):
            yield from _texts(plain, node.args)


def _texts(called: str, arguments: list[ast.expr]) -> Iterator[Said]:
    words = [one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if called in CONTEXT and len(words) > 1:
        yield words[0], words[1]
    elif words:
        yield None, words[0]


def of_template(source: str, wanted: Wanted = lambda called: True) -> Iterator[Said]:
    """Tags for translation and marked arguments of other tags."""
    for called, first, second in CALL.findall(templatize(source)):
        if not wanted(called):
            continue
        words = [ast.literal_eval(one) for one in (first, second) if one]
        if called in CONTEXT and len(words) > 1:
            yield words[0], words[1].replace("%%", "%")
        else:
            yield None, words[0]
