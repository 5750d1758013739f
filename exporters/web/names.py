"""What targets are called: by their name alone, and within a sentence."""

from __future__ import annotations

from agent.inventory import Inventory
from agent.model import Device, Endpoint, Kind, Link
from exporters.web.i18n import Wording


def plain_name(inventory: Inventory, id_: str) -> str:
    """Return a target's name, its id where it has none or is not (or no longer) in the inventory."""
    target = inventory.endpoints.get(id_) or inventory.links.get(id_)
    return target.name if target else id_


class Names:
    """Names the targets of one inventory in the reader's words."""

    def __init__(self, inventory: Inventory, wording: Wording) -> None:
        self.inventory = inventory
        self._wording = wording
        self._targets = inventory.targets

    def named(self, kind: Kind, id_: str) -> str:
        """Name a target as a sentence does: đường truyền A - B (đường chính)."""
        name = plain_name(self.inventory, id_)
        target = self._targets.get(id_)
        if isinstance(target, Link):
            name = f"{name} ({self._wording.text(f'role.{target.role}')})"
        if isinstance(target, Device):
            name = f"{name} ({self.inventory.sites[target.site].name})"
        return self._wording.text(f"named.{kind}", name=name)

    def plain(self, id_: str) -> str:
        """Return a target's name alone."""
        return plain_name(self.inventory, id_)

    def root(self, id_: str) -> str:
        """Name what cuts something off; the id alone where nothing more is known of it."""
        target = self._targets.get(id_)
        kinds = {Link: Kind.LINK, Device: Kind.DEVICE, Endpoint: Kind.ENDPOINT}
        return id_ if target is None else self.named(kinds[type(target)], id_)

    def covered(self, id_: str) -> str:
        """Name what a maintenance window covers, which may be a site."""
        site = self.inventory.sites.get(id_)
        return site.name if site else self.root(id_)

    def place(self, id_: str) -> str:
        """Say where a target is: its district, the ends of a link's; empty where that says nothing new."""
        target = self._targets.get(id_)
        if isinstance(target, Link):
            return self._wording.text(f"role.{target.role}")
        if isinstance(target, Device):
            return self.inventory.sites[target.site].name
        return self.district(self.inventory.district(target.site)) if target else ""

    def district(self, id_: str) -> str:
        """Name a district; the province's own rooms, which lie in none, go by their level."""
        site = self.inventory.sites.get(id_)
        return site.name if site else self._wording.text("board.province")
