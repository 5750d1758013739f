"""How labs begin and end, whatever ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import Lab, LabError
from lab.rundir import Place, run_dir

# A program that starts a lab, says its name and process, and waits.
PROGRAM = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from tests.lab.conftest import small_province
from lab import Lab
with Lab(small_province()) as lab:
    print(lab.place.name, lab._process.pid, flush=True)
    threading.Event().wait()
"""


@pytest.fixture
def program():
    """Start PROGRAM; give the process, its lab's place, and the lab's own process id."""
    command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        name, pid = process.stdout.readline().split()
        yield process, Place(name), int(pid)
        process.kill()


def remains(place: Place) -> list[str]:
    namespaces = [
        name for name in (place.agent_namespace, place.province_namespace) if Path("/run/netns", name).exists()
    ]
    return namespaces + [str(path) for path in (place.socket, place.lock) if path.exists()]


def soon(condition) -> bool:
    deadline = time.monotonic() + 5
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_leaving_removes_everything(inventory):
    with Lab(inventory) as lab:
        place, pid = lab.place, lab._process.pid
        assert len(remains(place)) == 4
        (agents,) = children(pid)
    assert remains(place) == []
    assert gone(pid)
    assert gone(agents)


def test_an_error_inside_removes_everything(inventory):
    with pytest.raises(ZeroDivisionError), Lab(inventory) as lab:
        1 / 0  # noqa: B018  the error is the point
    assert remains(lab.place) == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_program_ends_its_lab(program, ending):
    process, place, pid = program
    (agents,) = children(pid)
    process.send_signal(ending)
    process.wait(5)
    assert soon(lambda: remains(place) == [] and gone(pid) and gone(agents))


def test_sigterm_to_the_lab_s_own_process_removes_everything(program):
    _, place, pid = program
    os.kill(pid, signal.SIGTERM)
    assert soon(lambda: remains(place) == [])


def test_what_a_killed_lab_leaves_is_cleaned_at_the_next_start(program, inventory):
    _, place, pid = program
    (agents,) = children(pid)
    os.kill(pid, signal.SIGKILL)
    assert soon(lambda: gone(pid) and gone(agents))
    assert len(remains(place)) == 4
    with Lab(inventory):
        assert remains(place) == []


@pytest.mark.usefixtures("lab")
def test_a_living_lab_is_left_alone_by_the_next(inventory, answers):
    with Lab(inventory):
        pass
    assert answers("10.25.0.1") == [True]


def test_a_taken_name_is_refused(lab, inventory, answers):
    with pytest.raises(LabError, match=f"a lab called {lab.place.name} is running already"):
        Lab(inventory, name=lab.place.name).__enter__()
    assert answers("10.25.0.1") == [True]


def test_a_bad_name_is_refused(inventory):
    with pytest.raises(LabError, match="small letters, digits and dashes"):
        Lab(inventory, name="../x")


def test_a_lab_that_has_stopped_says_so(inventory):
    with Lab(inventory) as lab:
        pass
    with pytest.raises(LabError, match="it has stopped"):
        lab.set("r-core", up=False)


def test_missing_rights_are_named():
    command = "from lab import requirements; print(*requirements(), sep='\\n')"
    dropped = ["setpriv", "--bounding-set=-all", sys.executable, "-c", command]
    said = subprocess.run(dropped, capture_output=True, text=True, check=False)
    assert "needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN)" in said.stdout, said.stderr


def test_the_machine_s_own_network_is_untouched(inventory):
    def machine() -> str:
        return (
            subprocess.run(["ip", "addr"], capture_output=True, text=True, check=True).stdout
            + subprocess.run(["ip", "route", "show", "table", "all"], capture_output=True, text=True, check=True).stdout
        )

    before = machine()
    with Lab(inventory):
        assert machine() == before


def test_the_run_folder_is_the_owner_s_alone():
    assert run_dir().stat().st_mode & 0o777 == 0o700
