"""`python -m kannel.simulator smpp --port 2775`: the same as `manage.py simulate_operators`, without Django."""

import argparse
import sys

from kannel.simulator.running import StartError, add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="simulate_operators", description=__doc__)
    add_arguments(parser)
    try:
        run(vars(parser.parse_args()))
    except StartError as problem:
        sys.exit(str(problem))
