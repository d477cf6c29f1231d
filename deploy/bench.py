"""Runs one benchmark. Import, lists, planning and routing need stores only; sending, gateways and whole bring up everything."""

import argparse
import subprocess

from deploy import bench_gateways, bench_sending, bench_whole, programs
from deploy.console import end_with, say
from deploy.stack import Stack

WHOLE = {"sending": bench_sending.main, "gateways": bench_gateways.main, "whole": bench_whole.main}
BESIDE_STORES = ("import", "lists", "plan", "routing", "audiences", "story", "pages")
SHOW_PAGES = ("story", "pages")
# Their data is their own, and is kept from run to run; a story is told of those whom audiences count. A plan needs the
# customers of an import.
OWN_FOLDER = {name: programs.ROOT / "var" / f"bench-{name}" for name in ("audiences", "routing")}
OWN_FOLDER["story"] = OWN_FOLDER["audiences"]
COMMON_FOLDER = programs.ROOT / "var" / "bench"


def run_beside_stores(name: str, options: list[str]) -> int:
    """Exit status of `deploy.bench_NAME`, which finds a migrated database in its environment."""
    var = OWN_FOLDER.get(name, COMMON_FOLDER)
    # Nobody mourns this data after a power cut.
    with Stack(var, durable=name not in OWN_FOLDER, say=lambda text: say(f"  {text}")) as stack:
        stack.start(only=programs.STORES)
        stack.migrate()
        if name in SHOW_PAGES:
            stack.collect_static()
        command = programs.python("-m", f"deploy.bench_{name}", *options)
        return subprocess.run(command, cwd=programs.ROOT, env=stack.env, check=False).returncode


def run(name: str, arguments: list[str]) -> int:
    if name not in WHOLE:
        return run_beside_stores(name, arguments)
    WHOLE[name](arguments)
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/bench", description=__doc__)
    parser.add_argument("name", choices=[*BESIDE_STORES, *WHOLE])
    options, others = parser.parse_known_args()
    end_with(lambda: run(options.name, others))


if __name__ == "__main__":
    main()
