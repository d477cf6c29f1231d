"""Runs several commands of manage.py in one process: `python -m deploy.inside deploy.commands JSON`, a list of their words.

Prints a JSON list of what each wrote. The first that fails ends it.
"""

import json
import sys
from io import StringIO

from django.core.management import call_command


def run(commands: list[list[str]]) -> list[str]:
    """What each command wrote, in their order."""
    said = []
    for name, *words in commands:
        written = StringIO()
        call_command(name, *words, stdout=written)
        said.append(written.getvalue())
    return said


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(json.loads(sys.argv[1]))))
