"""The story the demo tells: faults and repairs in the simulated province, one after the other, with a line each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from agent.inventory import Inventory
from agent.model import Level, Link, LinkRole
from lab.hops import Setting


class Stage(Protocol):
    """What a story is played on: a lab."""

    def set(self, hop_id: str, **changes: Setting) -> None:
        """Change a hop."""

    def reboot(self, hop_id: str, *, off_s: float = 10.0) -> None:
        """Reboot a router."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens `after_s` seconds after the step before, and how it is told, by language."""

    after_s: float
    text: dict[str, str]
    hop: str
    changes: dict[str, Setting] = field(default_factory=dict)
    reboot_s: float | None = None


def story(inventory: Inventory) -> tuple[Step, ...]:
    """Return the demo's story for a province; empty where it has no district line with sites behind it.

    It takes a commune, a district's lines and a district's router, each of another district where there are so many.
    """
    trunks = [link for link in inventory.links.values() if link.role is LinkRole.PRIMARY]
    access = [link for link in inventory.links.values() if link.role is LinkRole.ACCESS]
    if not trunks or not access:
        return ()
    lossy = access[len(access) // 2]
    own = inventory.district(lossy.b)
    others = [link for link in trunks if _far(inventory, link) != own] or trunks
    return (*_lossy(inventory, lossy), *_cut(inventory, others[0]), *_rebooting(inventory, others[len(others) // 2]))


def _far(inventory: Inventory, link: Link) -> str:
    """Return the district's end of a trunk."""
    return next((end for end in (link.b, link.a) if inventory.sites[end].level is Level.DISTRICT), link.b)


def _lossy(inventory: Inventory, link: Link) -> tuple[Step, ...]:
    name = inventory.sites[link.b].name
    bad = {"vi": f"{name}: đường truyền mất 8 % số gói", "en": f"{name}: the line loses 8 % of its packets"}
    good = {"vi": f"{name}: đường truyền đã ổn định", "en": f"{name}: the line is good again"}
    return (
        Step(15, bad, link.id, {"loss": 0.08, "jitter_s": 0.02}),
        Step(75, good, link.id, {"loss": 0.0, "jitter_s": 0.0}),
    )


def _cut(inventory: Inventory, link: Link) -> tuple[Step, ...]:
    district = _far(inventory, link)
    name = inventory.sites[district].name
    spare = [one.id for one in inventory.links.values() if one.role is LinkRole.BACKUP and district in (one.a, one.b)]
    lost = {"vi": f"{name}: đường chính bị đứt", "en": f"{name}: the main line is cut"}
    both = {"vi": f"{name}: đường dự phòng cũng mất kết nối", "en": f"{name}: the backup line is gone too"}
    back = {"vi": f"{name}: đường chính đã nối lại", "en": f"{name}: the main line is mended"}
    spare_back = {"vi": f"{name}: đường dự phòng đã có lại", "en": f"{name}: the backup line is back"}
    return (
        Step(10, lost, link.id, {"up": False}),
        *(Step(15, both, one, {"up": False}) for one in spare),
        Step(45, back, link.id, {"up": True}),
        *(Step(10, spare_back, one, {"up": True}) for one in spare),
    )


def _rebooting(inventory: Inventory, link: Link) -> tuple[Step, ...]:
    district = _far(inventory, link)
    router = next((device.id for device in inventory.devices.values() if device.site == district), None)
    if router is None:
        return ()
    name = inventory.sites[district].name
    text = {"vi": f"{name}: bộ định tuyến khởi động lại", "en": f"{name}: the router reboots"}
    return (Step(15, text, router, reboot_s=20.0),)


async def tell(lab: Stage, steps: Iterable[Step], say: Callable[[Step], None], *, pace: float = 1.0) -> None:
    """Play the steps in the lab in their own time (`pace` 2 is twice as fast), saying each as it happens.

    Raises LabError: the lab has stopped.
    """
    for step in steps:
        await asyncio.sleep(step.after_s / pace)
        await asyncio.to_thread(_play, lab, step)
        say(step)


def _play(lab: Stage, step: Step) -> None:
    if step.reboot_s is None:
        lab.set(step.hop, **step.changes)
    else:
        lab.reboot(step.hop, off_s=step.reboot_s)
