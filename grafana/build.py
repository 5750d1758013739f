"""Writes all that Grafana, Prometheus and Alertmanager are given: dashboards, data source, alert rules, routes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import alerting
import boards
import sources

HERE = Path(__file__).parent
MADE = ("dashboards", "provisioning", "rules")  # folders in which every file is made here, but rules' tests


def files(runbooks: str = "") -> dict[str, str]:
    """Return every file's text by its path below grafana/; `runbooks` is the address the runbooks' paths lie below."""
    return {**boards.files(), **sources.files(), **alerting.files(runbooks)}


def stale(wanted: dict[str, str]) -> list[str]:
    """Name the files that are not as they would be written, and those that would not be written at all."""
    there = {
        path.relative_to(HERE).as_posix()
        for folder in MADE
        for path in (HERE / folder).rglob("*")
        if path.is_file() and "tests" not in path.relative_to(HERE).parts
    }
    other = [path for path, text in wanted.items() if path in there and (HERE / path).read_text() != text]
    return sorted({*other, *(there ^ set(wanted))})


def write(wanted: dict[str, str]) -> None:
    """Write what is not as it should be, and delete what should not be."""
    for path in stale(wanted):
        target = HERE / path
        if path not in wanted:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(wanted[path])


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; name what is stale, and exit with 1")
    parser.add_argument("--runbooks", default="", metavar="URL", help="where a checkout is served, ending in `/`")
    words = parser.parse_args()
    wanted = files(words.runbooks)
    if words.check:
        names = stale(wanted)
        sys.stderr.write("".join(f"{name} is not as grafana/build.py writes it; run it\n" for name in names))
        return 1 if names else 0
    write(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
