"""The sites on the metrics page: what dashboards call them and where a map shows them."""

from __future__ import annotations

from agent.inventory import Inventory
from agent.model import Site
from exporters._text import family_head, label_text

NAME = "diemcau_site_info"


class SiteSection:
    """Writes the sites, and keeps the text until there is another inventory."""

    def __init__(self) -> None:
        self._inventory: Inventory | None = None
        self._lines = ""

    def text(self, inventory: Inventory, *, openmetrics: bool) -> str:
        """Return the family."""
        if inventory is not self._inventory:
            self._inventory = inventory
            self._lines = "".join(
                [f"{NAME}{label_text(labels(site, inventory))} 1.0\n" for site in inventory.sites.values()]
            )
        return family_head(NAME, "gauge", "What the site is.", openmetrics=openmetrics) + self._lines


def labels(site: Site, inventory: Inventory) -> dict[str, str]:
    """Say what a site is; degrees are empty where they are not known."""
    where = {"lat": site.lat, "lon": site.lon}
    return {
        "site": site.id,
        "name": site.name,
        "district": inventory.district(site.id),
        "level": site.level.value,
        "parent": site.parent or "",
        **{name: "" if degrees is None else f"{degrees:.6g}" for name, degrees in where.items()},
    }
