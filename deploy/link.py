"""Cuts or restores the link of a simulated operator that runs in a stack."""

import argparse
import json
import sys
from pathlib import Path

from deploy.programs import OPERATORS
from deploy.stack import default_var
from kannel.simulator import control


class NoStackError(Exception):
    """No stack was ever started in this folder."""


def control_port(var: Path, kind: str) -> int:
    """Where the operator of this kind (smpp or http) is steered."""
    path = var / "stack.json"
    if not path.exists():
        raise NoStackError(f"Nothing was started in {var}. Start deploy/demo first.")
    port: int = json.loads(path.read_text())["ports"][f"{kind}_operator_control"]
    return port


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/link", description=__doc__)
    parser.add_argument("action", choices=["cut", "restore"])
    parser.add_argument("operator", choices=OPERATORS)
    options = parser.parse_args()
    act = control.cut if options.action == "cut" else control.restore
    try:
        status = act(control_port(default_var(), options.operator))
    except (NoStackError, control.ControlError) as problem:
        sys.exit(str(problem))
    sys.stdout.write(f"The link of the {options.operator} operator is {'cut' if status['cut'] else 'up'}.\n")


if __name__ == "__main__":
    main()
