"""The open outages on the metrics page: one series for each root cause, gone when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo

from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Kind
from exporters._text import family_head, label_text, number

INFO = "diemcau_outage_info"
SITES_NAMED = 5


@dataclass(frozen=True, slots=True)
class Teller:
    """Says what an alert says of an outage, in words that stay the same as long as it lasts: they are labels."""

    inventory: Inventory
    timezone: tzinfo

    def words(self, outage: Outage) -> dict[str, str]:
        """Return its labels: the name, since when (local time), the sites that hang on it, and whom to call."""
        sites = self._sites(outage.target)
        names = [self.inventory.sites[site].name for site in sites]
        more = f" … (+{len(names) - SITES_NAMED})" if len(names) > SITES_NAMED else ""
        return {
            **_identity(outage),
            "name": self._name(outage.target),
            "since": f"{outage.started.astimezone(self.timezone):%H:%M %d/%m/%Y}",
            "sites": ", ".join(names[:SITES_NAMED]) + more,
            "call": self._call(sites[0] if sites else ""),
        }

    def _name(self, target: str) -> str:
        named = self.inventory.endpoints.get(target) or self.inventory.links.get(target)
        device = self.inventory.devices.get(target)
        return f"{target} ({self.inventory.sites[device.site].name})" if device else named.name if named else target

    def _sites(self, target: str) -> tuple[str, ...]:
        """Return what hangs on a target: an endpoint's own site; those at and below a device or a link's far end."""
        endpoint, device = self.inventory.endpoints.get(target), self.inventory.devices.get(target)
        link = self.inventory.links.get(target)
        if endpoint:
            return (endpoint.site,)
        return self.inventory.under(device.site if device else link.b if link else "")

    def _call(self, site_id: str) -> str:
        """Return name and number of the first contact from the site upwards; empty where nobody is named."""
        contact = next((site.contact for site in self.inventory.above(site_id) if site.contact), None)
        return " ".join(filter(None, (contact.name, contact.phone))) if contact else ""


def _identity(outage: Outage) -> dict[str, str]:
    return {"kind": outage.kind.value, "id": outage.target}


def _whole(outage: Outage) -> dict[str, str]:
    return {**_identity(outage), "district": outage.district, "root_cause": outage.cause.value}


Series = tuple[str, str, Callable[[Outage], dict[str, str]], Callable[[Outage], float]]


def families(teller: Teller) -> tuple[Series, ...]:
    """Declare each metric of an outage: name, help, labels, value."""
    return (
        ("diemcau_outage", "1 for each open outage, by its root cause.", _whole, lambda _: 1),
        (INFO, "What is out, since when, what hangs on it, whom to call.", teller.words, lambda _: 1),
        (
            "diemcau_outage_affected_endpoints",
            "Endpoints down or cut off by the outage.",
            _identity,
            lambda outage: outage.affected,
        ),
        (
            "diemcau_outage_most_affected_endpoints",
            "The most endpoints the outage has affected at any time; by its own id, which stays whatever is learnt.",
            lambda outage: {**_identity(outage), "outage": outage.id},
            lambda outage: outage.most_affected,
        ),
        ("diemcau_outage_flapping", "1 where the outage comes and goes.", _identity, lambda outage: outage.flapping),
        (
            "diemcau_outage_start_timestamp_seconds",
            "When the outage began.",
            _identity,
            lambda outage: outage.started.timestamp(),
        ),
    )


def outage_pieces(outages: Iterable[Outage], teller: Teller, *, openmetrics: bool) -> Iterator[str]:
    """Yield the section. Of outages with the same labels the larger value stands; what is told is of the first."""
    outages = sorted(outages, key=lambda outage: outage.started)
    firsts: dict[tuple[Kind, str], Outage] = {}
    for outage in outages:
        firsts.setdefault((outage.kind, outage.target), outage)
    for name, help_, labels, read in families(teller):
        yield family_head(name, "gauge", help_, openmetrics=openmetrics)
        values: dict[str, float] = {}
        for outage in firsts.values() if name == INFO else outages:
            text = label_text(labels(outage))
            values[text] = max(read(outage), values.get(text, 0))
        yield "".join([f"{name}{text} {number(value)}\n" for text, value in values.items()])
