"""`/api/v1`: what the agent holds, as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent.model import Level, LinkRole, State
from exporters.view import AgentView
from exporters.web.history import history_routes
from exporters.web.i18n import now
from exporters.web.maintenance import maintenance_routes
from exporters.web.problems import Problem
from exporters.web.shapes import (
    DeviceShape,
    LinkShape,
    SiteShape,
    Snapshot,
    device_shape,
    link_shape,
    site_shape,
    utc,
)

Shape = TypeVar("Shape")
# A filter: the values it may take (None: any), and the values an item has for it.
Filter = tuple[Iterable[str] | None, Callable[[Shape], Iterable[str | None]]]


def _site_states(site: SiteShape) -> list[str]:
    first = [site["endpoint"]] if site["endpoint"] else []
    return [endpoint["state"] for endpoint in [*first, *site["other_endpoints"]]]


SITE_FILTERS: dict[str, Filter[SiteShape]] = {
    "state": (State, _site_states),
    "level": (Level, lambda site: [site["level"]]),
    "district": (None, lambda site: [site["district"]]),
}
LINK_FILTERS: dict[str, Filter[LinkShape]] = {
    "state": (State, lambda link: [link["state"]]),
    "role": (LinkRole, lambda link: [link["role"]]),
    "site": (None, lambda link: [link["a"], link["b"]]),
}
DEVICE_FILTERS: dict[str, Filter[DeviceShape]] = {
    "state": (State, lambda device: [device["state"]]),
    "role": (None, lambda device: [device["role"]]),
    "site": (None, lambda device: [device["site"]]),
}


def wanted(request: Request, filters: dict[str, Filter[Shape]], items: Iterable[Shape]) -> list[Shape]:
    """Keep the items the query asks for: `?state=down&state=degraded&role=backup`. Raises Problem."""
    asked: list[tuple[set[str], Callable[[Shape], Iterable[str | None]]]] = []
    for name in request.query_params:
        if name not in filters:
            raise Problem(400, f"there is no filter {name!r}; there are {', '.join(filters)}")
        allowed, values_of = filters[name]
        values = set(request.query_params.getlist(name))
        if allowed is not None and (wrong := sorted(values - set(allowed))):
            raise Problem(400, f"{name} can't be {wrong[0]!r}; it can be {', '.join(allowed)}")
        asked.append((values, values_of))
    return [item for item in items if all(not values.isdisjoint(values_of(item)) for values, values_of in asked)]


def sites(seen: Snapshot) -> list[SiteShape]:
    """Shape every site, in the inventory's order."""
    at = seen.at()
    return [site_shape(seen.inventory, site, at.get(site.id, [])) for site in seen.inventory.sites.values()]


def links(seen: Snapshot) -> list[LinkShape]:
    """Shape every link, in the inventory's order."""
    return [link_shape(record) for record in seen.links.values()]


def devices(seen: Snapshot) -> list[DeviceShape]:
    """Shape every device, in the inventory's order."""
    return [device_shape(record) for record in seen.devices.values()]


def api_routes(agent: AgentView) -> list[Route]:
    """Return the API's routes, to be mounted at /api/v1."""

    def listing(name: str, shape: Callable[[Snapshot], list[Shape]], filters: dict[str, Filter[Shape]]) -> Route:
        def answer(request: Request, seen: Snapshot) -> JSONResponse:
            return JSONResponse({"at": utc(now()), name: wanted(request, filters, shape(seen))})

        async def handle(request: Request) -> JSONResponse:
            # Thousands of targets take longer to write down than an echo takes to come back: not in the loop.
            return await asyncio.to_thread(answer, request, Snapshot.of(agent.board))

        return Route(f"/{name}", handle)

    async def one_site(request: Request) -> JSONResponse:
        seen, id_ = Snapshot.of(agent.board), request.path_params["id"]
        site = seen.inventory.sites.get(id_)
        if site is None:
            raise Problem(404, f"there is no site {id_!r} in the inventory")
        return JSONResponse(site_shape(seen.inventory, site, seen.at().get(id_, [])))

    return [
        listing("sites", sites, SITE_FILTERS),
        Route("/sites/{id}", one_site),
        listing("links", links, LINK_FILTERS),
        listing("devices", devices, DEVICE_FILTERS),
        *history_routes(agent),
        *maintenance_routes(agent),
    ]
