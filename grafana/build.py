"""Writes all that Grafana, Prometheus and Alertmanager are given: dashboards, data source, alert rules, routes.

python grafana/build.py            write them
python grafana/build.py --check    say which are not as they would be written; exit code 1 where any is
"""

from __future__ import annotations

import sys
from pathlib import Path

import alerting
import boards
import sources

HERE = Path(__file__).parent
MADE = ("dashboards", "provisioning", "rules")  # folders in which every file is made here, but rules' tests


def files() -> dict[str, str]:
    """Return every file's text by its path below grafana/."""
    return {**boards.files(), **sources.files(), **alerting.files()}


def stale() -> list[str]:
    """Name the files that are not as they would be written, and those that would not be written at all."""
    wanted = files()
    there = {
        path.relative_to(HERE).as_posix()
        for folder in MADE
        for path in (HERE / folder).rglob("*")
        if path.is_file() and "tests" not in path.relative_to(HERE).parts
    }
    other = [path for path, text in wanted.items() if path in there and (HERE / path).read_text() != text]
    return sorted({*other, *(there ^ set(wanted))})


def write() -> None:
    """Write what is not as it should be, and delete what should not be."""
    wanted = files()
    for path in stale():
        target = HERE / path
        if path not in wanted:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(wanted[path])


def main() -> int:
    """Run the command."""
    if "--check" in sys.argv[1:]:
        names = stale()
        sys.stderr.write("".join(f"{name} is not as grafana/build.py writes it; run it\n" for name in names))
        return 1 if names else 0
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
