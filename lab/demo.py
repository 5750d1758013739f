"""`diemcau demo`: a simulated province, the agent watching it, Prometheus and Alertmanager beside it, on one screen."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from agent.config import ConfigError, load
from agent.settings import Config, Listen
from exporters.web.listening import CannotListen, bind
from lab import Lab, LabError, LoopbackLab, requirements
from lab.demo_files import sample, write_configuration
from lab.monitoring import start_monitoring
from lab.programs import running
from lab.screen import Screen
from lab.story import Step, story, tell

STARTED_NOT = 1
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
    agent = stack.enter_context(running(_agent_command(lab, main, door), screen.agent_log, door))
    door.close()
    start_monitoring(stack, folder, screen)
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
