"""The house's own rules: what the project promises about its names, its sizes, its imports and its lock."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOME = Path(__file__).resolve().parents[1]
PACKAGES = ("agent", "collectors", "exporters", "lab")
PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (HOME / "requirements.lock").read_text(encoding="utf-8")
PINNED = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", LOCK, re.MULTILINE))

LONGEST_FILE = 300
LONGEST_FUNCTION = 50
USUAL_FUNCTION = 25  # nine in ten are no longer


def product_files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((HOME / package).rglob("*.py"))]


def repository_files() -> list[Path]:
    """The files of the repository, those not yet added among them; binary ones left out."""
    command = ["git", "-c", f"safe.directory={HOME}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=HOME, check=True, capture_output=True, text=True).stdout
    paths = [HOME / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function's place and its length in lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(HOME)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("name", PACKAGES)
def test_the_general_names_are_this_projects(name):
    module = import_module(name)
    assert Path(module.__file__).resolve().parent == HOME / name


def test_both_ways_to_start_are_the_same_program():
    beside_python = Path(sys.executable).parent / "diemcau"
    ways = [[str(beside_python)], [sys.executable, "-m", "agent"]]
    said = [subprocess.run([*way, "--version"], check=True, capture_output=True, text=True).stdout for way in ways]
    assert said[0] == said[1] == f"diemcau {metadata.version('diemcau')}\n"


def test_no_file_is_long():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in product_files()}
    long = {str(path.relative_to(HOME)): lines for path, lines in lengths.items() if lines > LONGEST_FILE}
    print(f"{len(lengths)} files, {sum(lengths.values()) / len(lengths):.0f} lines on average")  # noqa: T201 - the measure
    assert not long


def test_functions_are_short():
    sizes = [size for path in product_files() for size in functions(path)]
    lines = sorted(length for _, length in sizes)
    shares = ", ".join(f"{share:.0%} ≤ {lines[int(share * (len(lines) - 1))]}" for share in (0.5, 0.75, 0.9, 0.99, 1))
    print(f"{len(lines)} functions, in lines: {shares}")  # noqa: T201 - the measure
    assert not [size for size in sizes if size[1] > LONGEST_FUNCTION]
    assert sum(length <= USUAL_FUNCTION for length in lines) >= 0.9 * len(lines)


def test_no_file_knows_one_machine_or_one_registry():
    """Written in pieces, so that this file is no find of its own."""
    places = [f"/{folder}/" for folder in ("work", "root", "home", "Users")]
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("deb", "debian", "org"))]
    hosts += [".".join(parts) for parts in (("registry", "npmjs", "org"), ("archive", "ubuntu", "com"))]
    pattern = re.compile("|".join([rf"(?<![\w.<>-]){place}" for place in places] + [re.escape(host) for host in hosts]))
    found = [
        f"{path.relative_to(HOME)}:{number}: {line.strip()[:80]}"
        for path in repository_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert not found


def test_each_exemption_gives_its_reason():
    bare = re.compile(r"#\s*(noqa|type: ignore)(:\s*[A-Z0-9, ]+|\[[a-z-, ]+\])?\s*$")
    found = [
        f"{path.relative_to(HOME)}:{number}"
        for path in repository_files()
        if path.suffix == ".py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if bare.search(line)
    ]
    assert not found


def test_imports_keep_to_the_layers():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=HOME, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def declared() -> list[Requirement]:
    project = PROJECT["project"]
    extras = [text for texts in project["optional-dependencies"].values() for text in texts]
    return [Requirement(text) for text in [*project["dependencies"], *extras, *PROJECT["build-system"]["requires"]]]


def test_the_lock_holds_what_the_project_declares():
    wrong = [str(one) for one in declared() if PINNED.get(canonicalize_name(one.name), "") not in one.specifier]
    assert not wrong, "run scripts/lock"


def test_every_locked_package_has_its_hashes():
    entries = re.split(r"^(?=[a-z0-9-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PINNED)
    assert not [entry for entry in entries if "--hash=sha256:" not in entry]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_lock_serves_each_python_and_machine(python, machine):
    """The lock is made with one Python; what its packages need on others must be in it too."""
    place = {"python_version": python, "python_full_version": f"{python}.0", "platform_machine": machine, "extra": ""}
    needed = [(name, Requirement(text)) for name in PINNED for text in metadata.requires(name) or ()]
    missing = [
        f"{name} needs {one}"
        for name, one in needed
        if (one.marker is None or one.marker.evaluate(place)) and canonicalize_name(one.name) not in PINNED
    ]
    assert not missing
