"""`diemcau demo`: a simulated province, the agent watching it, Prometheus beside it where installed, on one screen."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from agent.config import ConfigError, load
from agent.settings import Config, Listen
from exporters.web.listening import CannotListen, bind
from lab import Lab, LabError, LoopbackLab, requirements
from lab.demo_files import prometheus_file, sample, write_configuration
from lab.process import end
from lab.screen import Screen
from lab.story import Step, story, tell

STARTED_NOT = 1
STOP_S = 5.0
STORY_PAUSE_S = 30.0  # before it is told again


def demo(minutes: float | None, *, quiet: bool, listen: Listen) -> int:
    """Run until Ctrl-C, SIGTERM or `minutes` are over. Return 0, or 1 where it could not start."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        try:
            _run(stack, minutes, quiet=quiet, listen=listen)
        except (LabError, ConfigError, CannotListen) as error:
            sys.stderr.write(f"diemcau demo: {error}\n")
            return STARTED_NOT
    return 0


def _run(stack: ExitStack, minutes: float | None, *, quiet: bool, listen: Listen) -> None:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="diemcau-demo-")))
    config = load(sample(), os.environ)
    door = stack.enter_context(bind(listen)[0])
    screen = Screen("http://{}:{}".format(*door.getsockname()[:2]), folder / "agent.log")
    lab = _lab(config, screen)
    stack.enter_context(lab)
    main = write_configuration(folder, sample(), lab)
    agent = stack.enter_context(_running(_agent_command(lab, main, door), screen.agent_log, door))
    door.close()
    _start_prometheus(stack, folder, screen)
    steps = () if quiet or not lab.has_faults else story(config.inventory)
    asyncio.run(_show(screen, lab, steps, agent, minutes))


def _lab(config: Config, screen: Screen) -> Lab | LoopbackLab:
    missing = requirements()
    if missing:
        screen.say("A smaller demo, on loopback and without faults, since for the full one something is missing.")
        for sentence in missing:
            screen.say(sentence)
        return LoopbackLab(config.inventory, sentinels=config.agent.sentinels)
    return Lab(config.inventory, sentinels=config.agent.sentinels)


def _agent_command(lab: Lab | LoopbackLab, main: Path, door: socket.socket) -> list[str]:
    """Return the agent's command: on the lab's side, serving on the socket that stays on ours."""
    return [*lab.exec_prefix, sys.executable, "-m", "agent", "run", "-c", str(main), "--listen", f"fd:{door.fileno()}"]


@contextmanager
def _running(command: list[str], log: Path, *inherited: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program with its output in `log`; end it and wait for it at the end."""
    with log.open("wb") as output:
        process = _start(command, output, [one.fileno() for one in inherited])
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        end(process)


def _start(command: list[str], output: IO[bytes], descriptors: list[int]) -> subprocess.Popen[bytes]:
    # A session of its own: a terminal's Ctrl-C is the demo's to handle, which then ends all in order. A demo that is
    # killed takes its programs along.
    with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    return subprocess.Popen(
        [*with_us, *command],
        stdout=output,
        stderr=output,
        stdin=subprocess.DEVNULL,
        pass_fds=descriptors,
        start_new_session=True,
    )


def _start_prometheus(stack: ExitStack, folder: Path, screen: Screen) -> None:
    program = shutil.which("prometheus")
    if program is None:
        screen.say("Prometheus is not installed here; `apt install prometheus` and it starts beside the next demo.")
        return
    port = _free_port(9090)
    command = [
        program,
        f"--config.file={prometheus_file(folder, screen.url)}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    stack.enter_context(_running(command, folder / "prometheus.log"))
    screen.prometheus = f"http://127.0.0.1:{port}"


def _free_port(wanted: int) -> int:
    """Return the wanted port, or another that is free where somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _show(
    screen: Screen,
    lab: Lab | LoopbackLab,
    steps: tuple[Step, ...],
    agent: subprocess.Popen[bytes],
    minutes: float | None,
) -> None:
    async def telling() -> None:
        while steps and isinstance(lab, Lab):
            await tell(lab, steps, lambda step: screen.say(step.text["en"]))
            await asyncio.sleep(STORY_PAUSE_S)

    told = asyncio.create_task(telling(), name="story")
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(None if minutes is None else minutes * 60):
                await screen.follow(agent)
    finally:
        told.cancel()
