from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.template.loader import render_to_string
from django.utils import translation

from backoffice.lib.refusals import OF_THE_PROXY


class Command(BaseCommand):
    help = "Writes the pages that the proxy shows when it refuses or reaches nobody: STATUS.LANGUAGE.html."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="from which nginx serves them")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                for status, (title, sentence) in OF_THE_PROXY.items():
                    page = render_to_string("lib/refusal.html", {"title": title, "sentence": sentence})
                    (folder / f"{status.value}.{language}.html").write_text(page, encoding="utf-8")
