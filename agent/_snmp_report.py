"""What one device says it is and what would be polled of it, as a page to read and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from agent.model import Device
from agent.profile import Profile
from agent.readings import Identity, InterfaceReading, PollFailed, Sample, Traffic
from collectors._snmp import SnmpClient
from collectors.identify import identify
from collectors.snmp import IF_DESCR, IF_NAME, SnmpPoller

_UNITS = {
    "bits_per_second": "bit/s",
    "bytes": "bytes",
    "seconds": "s",
    "celsius": "°C",
    "ratio": "of 1",
}
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3600, 60


@dataclass(frozen=True, slots=True)
class Survey:
    """A device as asked once. `wanted` False: the inventory names no interfaces, so all are shown."""

    address: str
    identity: Identity
    profile: Profile | None
    uptime_s: float
    interfaces: tuple[InterfaceReading, ...]
    missing: tuple[str, ...]
    samples: tuple[Sample, ...]
    trouble: str
    wanted: bool


async def survey(target: Device, profiles: Mapping[str, Profile]) -> Survey:
    """Ask a device what it is and poll it once, as the agent would. Raises PollFailed."""
    wanted = target.interfaces
    async with SnmpClient(target.address, target.snmp) as client:
        identity = await identify(client, profiles, target.profile)
        names = wanted or await _names(client)
    async with SnmpPoller(replace(target, interfaces=names), profiles) as poller:
        reading = await poller.poll()
    return Survey(
        target.address,
        identity,
        profiles.get(identity.profile),
        reading.uptime_s,
        tuple(reading.interfaces[name] for name in names if name in reading.interfaces),
        reading.missing,
        reading.samples,
        reading.trouble,
        bool(wanted),
    )


async def _names(client: SnmpClient) -> tuple[str, ...]:
    """Return the names of all interfaces; none where the device will not tell."""
    for column in (IF_NAME, IF_DESCR):
        try:
            told = await client.walk(column)
        except PollFailed:
            return ()
        if told:
            texts = (value.decode("utf-8", "replace") for value in told.values() if isinstance(value, bytes))
            return tuple(dict.fromkeys(text for text in texts if text))
    return ()


def as_json(found: Survey) -> str:
    """Return a survey for programs."""
    told = asdict(found) | {"profile": found.identity.profile}
    told["samples"] = [{"metric": one.metric, "labels": dict(one.labels), "value": one.value} for one in found.samples]
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def as_text(found: Survey) -> str:
    """Return a survey to read."""
    return "\n".join([*_what_it_is(found), "", *_interfaces(found), "", *_metrics(found)]) + "\n"


def _what_it_is(found: Survey) -> Iterator[str]:
    identity = found.identity
    first, *rest = identity.description.splitlines() or [""]
    yield f"address      {found.address}"
    yield f"description  {first}"
    yield from (f"             {line}" for line in rest)
    yield f"object id    {identity.object_id}"
    yield f"name         {identity.name}"
    yield f"up for       {_duration(found.uptime_s)}"
    yield f"profile      {identity.profile}" + (f" ({found.profile.name})" if found.profile else "")
    yield from (
        f"{word:13}{text}" for word, text in (("model", identity.model), ("firmware", identity.firmware)) if text
    )


def _interfaces(found: Survey) -> Iterator[str]:
    about = "as the inventory names them" if found.wanted else "all it has; name those to poll in the inventory"
    yield f"interfaces ({about})"
    rows: list[tuple[str, ...]] = [("name", "status", "speed", "bytes in", "bytes out", "errors", "discards")]
    rows += [_row(one) for one in found.interfaces]
    yield from _columns(rows)
    yield from (f"  {name}: the device has no interface of this name" for name in found.missing)


def _row(one: InterfaceReading) -> tuple[str, ...]:
    def both(counter: str) -> str:
        sides: list[Traffic] = [one.receive, one.transmit]
        return "/".join(_figure(getattr(side, counter)) for side in sides)

    octets = [_figure(side.bytes) for side in (one.receive, one.transmit)]
    speed = f"{one.speed_bps / 1e6:g} Mbit/s" if one.speed_bps else "unknown"
    return (one.name, "up" if one.up else "down", speed, *octets, both("errors"), both("discards"))


def _figure(number: int | None) -> str:
    return "-" if number is None else str(number)


def _metrics(found: Survey) -> Iterator[str]:
    yield "metrics of the profile"
    if found.trouble:
        yield f"  {found.trouble}"
    elif not found.samples:
        yield "  none: the profile asks for nothing that this device has"
    yield from _columns([_sample(sample) for sample in found.samples])


def _sample(sample: Sample) -> tuple[str, str, str]:
    labels = ", ".join(f'{name}="{value}"' for name, value in sample.labels)
    unit = next((unit for suffix, unit in _UNITS.items() if sample.metric.removesuffix("_total").endswith(suffix)), "")
    return (f"{sample.metric}{{{labels}}}" if labels else sample.metric, f"{sample.value:.10g}", unit)


def _columns(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _duration(seconds: float) -> str:
    days, rest = divmod(int(seconds), _DAY_S)
    return f"{days} days {rest // _HOUR_S:02}:{rest % _HOUR_S // _MINUTE_S:02}:{rest % _MINUTE_S:02}"
