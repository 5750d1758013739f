"""The entries of inventory files: sites, devices, endpoints, links, meetings (pydantic)."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from agent import _config_units as units
from agent._config_schema import (
    Address,
    IcmpSection,
    Id,
    Lead,
    Moment,
    Name,
    Rate,
    Section,
    SnmpSection,
    Text,
    ThresholdsSection,
    like,
    one_of,
    optional,
)
from agent.model import Level, LinkRole, Protocol
from agent.profile import AUTO

Port: TypeAlias = Annotated[int, BeforeValidator(units.whole(1, 65535))]
REPEATS = ("none", "daily", "weekly", "monthly")


class InventoryFile(Section):
    """The lists a file may hold; entries are validated one by one, so one bad one costs only itself."""

    sites: Any = None
    devices: Any = None
    endpoints: Any = None
    links: Any = None
    meetings: Any = None


class MeetingsFile(Section):
    """The file that `meetings:` names."""

    meetings: Any = None


class ContactSection(Section):
    """Whom to call."""

    name: Name | None = None
    phone: Name | None = None

    @model_validator(mode="after")
    def _someone(self) -> ContactSection:
        if not (self.name or self.phone):
            raise ValueError("names nobody; write a name, a phone or both")
        return self


class SiteRow(Section):
    """An entry of `sites:`."""

    id: Id = like("thanh-son")
    name: Name = like("Huyện Thanh Sơn")
    level: Annotated[Level, one_of(Level, "levels")] = like("district")
    parent: Id | None = None
    code: Name | None = None
    lat: Annotated[float, BeforeValidator(units.number(-90, 90))] | None = None
    lon: Annotated[float, BeforeValidator(units.number(-180, 180))] | None = None
    contact: ContactSection | None = None


class EndpointRow(Section):
    """An entry of `endpoints:`."""

    id: Id = like("vc-thanh-son")
    site: Id = like("thanh-son")
    name: Name | None = None
    address: Address = like("10.25.238.10")
    port: Port = 161
    profile: Id = AUTO
    credentials: Text | None = None
    call_bandwidth_bps: Rate = Field(2e6, alias="call_bandwidth")
    signalling: tuple[Annotated[Protocol, one_of(Protocol, "protocols")], ...] = ()
    snmp: SnmpSection = SnmpSection()
    icmp: IcmpSection = IcmpSection()
    thresholds: ThresholdsSection = ThresholdsSection()


class DeviceRow(Section):
    """An entry of `devices:`."""

    id: Id = like("r-thanh-son")
    site: Id = like("thanh-son")
    role: Id = "router"
    address: Address = like("10.25.238.1")
    port: Port = 161
    profile: Id = AUTO
    credentials: Text | None = None
    interfaces: tuple[Name, ...] = ()
    snmp: SnmpSection = SnmpSection()
    icmp: IcmpSection = IcmpSection()
    thresholds: ThresholdsSection = ThresholdsSection()


class LinkRow(Section):
    """An entry of `links:`."""

    id: Id = like("wan-thanh-son")
    name: Name | None = None
    a: Id = like("phu-tho")
    b: Id = like("thanh-son")
    role: Annotated[LinkRole, one_of(LinkRole, "roles")] = like("primary")
    device: Id | None = None
    interface: Name | None = None
    capacity_bps: Rate | None = optional("capacity")
    thresholds: ThresholdsSection = ThresholdsSection()


class MeetingRow(Section):
    """An entry of `meetings:`."""

    id: Id = like("giao-ban")
    name: Name | None = None
    sites: tuple[Text, ...] = like('[phu-tho, "level:district"]')
    start: Moment = like("2026-11-25T08:00")
    repeat: Annotated[str, one_of(REPEATS, "repeats")] = "none"
    check_before_s: tuple[Lead, ...] = Field((), alias="check_before")
