"""The open outages on the metrics page: one series for each root cause, gone when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from agent.history import Outage
from exporters._text import family_head, label_text, number

Series = tuple[str, str, Callable[[Outage], dict[str, str]], Callable[[Outage], float]]


def _identity(outage: Outage) -> dict[str, str]:
    return {"kind": outage.kind.value, "id": outage.target}


def _whole(outage: Outage) -> dict[str, str]:
    return {**_identity(outage), "district": outage.district, "root_cause": outage.cause.value}


FAMILIES: tuple[Series, ...] = (
    ("diemcau_outage", "1 for each open outage, by its root cause.", _whole, lambda _: 1),
    (
        "diemcau_outage_affected_endpoints",
        "Endpoints down or cut off by the outage.",
        _identity,
        lambda outage: outage.affected,
    ),
    ("diemcau_outage_flapping", "1 where the outage comes and goes.", _identity, lambda outage: outage.flapping),
)


def outage_pieces(outages: Iterable[Outage], *, openmetrics: bool) -> Iterator[str]:
    """Yield the section; of outages with the same labels, the larger value stands."""
    outages = list(outages)
    for name, help_, labels, read in FAMILIES:
        yield family_head(name, "gauge", help_, openmetrics=openmetrics)
        values: dict[str, float] = {}
        for outage in outages:
            text = label_text(labels(outage))
            values[text] = max(read(outage), values.get(text, 0))
        yield "".join([f"{name}{text} {number(value)}\n" for text, value in values.items()])
