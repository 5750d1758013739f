"""What a configuration file may hold, key by key (pydantic). Values arrive as text and leave as figures in SI units.

Fields are named as in `agent.model` and `agent.settings`; the alias is the key in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from agent import _config_units as units
from agent.model import Secret

Text: TypeAlias = Annotated[str, BeforeValidator(units.text)]
Name: TypeAlias = Annotated[str, BeforeValidator(units.name)]
Id: TypeAlias = Annotated[str, BeforeValidator(units.identifier)]
Address: TypeAlias = Annotated[str, BeforeValidator(units.address)]
Rate: TypeAlias = Annotated[float, BeforeValidator(units.rate)]
Ratio: TypeAlias = Annotated[float, BeforeValidator(units.ratio)]
Moment: TypeAlias = Annotated[datetime, BeforeValidator(units.moment)]
Interval: TypeAlias = Annotated[float, BeforeValidator(units.duration("100ms", "24h"))]
Timeout: TypeAlias = Annotated[float, BeforeValidator(units.duration("10ms", "60s"))]
Delay: TypeAlias = Annotated[float, BeforeValidator(units.duration("0s", "60s"))]
Window: TypeAlias = Annotated[float, BeforeValidator(units.duration("1s", "24h"))]
Lead: TypeAlias = Annotated[float, BeforeValidator(units.duration("1s", "7d"))]
Retention: TypeAlias = Annotated[float, BeforeValidator(units.duration("1d", "3660d"))]
Count: TypeAlias = Annotated[int, BeforeValidator(units.whole(1, 1000))]
Hidden: TypeAlias = Annotated[Secret, BeforeValidator(lambda value: Secret(units.text(value)))]


def one_of(options: Iterable[str], kind: str) -> BeforeValidator:
    return BeforeValidator(units.choice([*options], kind))


def like(example: str, alias: str | None = None) -> Any:
    """Declare a key that must be there; the example is shown where it is missing."""
    return Field(alias=alias, examples=[example])


def optional(alias: str) -> Any:
    """Declare a key that may be left out, under its name in the file."""
    return Field(None, alias=alias)


class Section(BaseModel):
    """A mapping in a file, where every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


class IcmpSection(Section):
    """`icmp:`; what is not written is inherited."""

    interval_s: Interval | None = optional("interval")
    timeout_s: Timeout | None = optional("timeout")
    size: Annotated[int, BeforeValidator(units.whole(16, 65507))] | None = None
    dscp: Annotated[int, BeforeValidator(units.dscp)] | None = None
    down_after: Count | None = None
    up_after: Count | None = None


class SnmpSection(Section):
    """`snmp:`."""

    interval_s: Interval | None = optional("interval")
    timeout_s: Timeout | None = optional("timeout")
    retries: Annotated[int, BeforeValidator(units.whole(0, 10))] | None = None
    credentials: Text | None = None


class SignallingSection(Section):
    """`signalling:` of the defaults."""

    interval_s: Interval | None = optional("interval")
    timeout_s: Timeout | None = optional("timeout")


class ThresholdsSection(Section):
    """`thresholds:`."""

    loss_ratio: Ratio | None = optional("loss")
    rtt_s: Delay | None = optional("rtt")
    jitter_s: Delay | None = optional("jitter")
    utilization_ratio: Ratio | None = optional("utilization")
    window_s: Window | None = optional("window")


class DefaultsSection(Section):
    """`defaults:`."""

    icmp: IcmpSection = IcmpSection()
    snmp: SnmpSection = SnmpSection()
    signalling: SignallingSection = SignallingSection()
    thresholds: ThresholdsSection = ThresholdsSection()
