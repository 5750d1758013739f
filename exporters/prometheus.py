"""The /metrics page, written from state at each scrape: what is no longer watched is no longer there.

The page comes in chunks, and the event loop is let go between them, so a large page holds up nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

from isal import isal_zlib
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from exporters.families import SUBJECTS
from exporters.negotiate import OPENMETRICS_TYPE, TEXT_TYPE, accepts_gzip, prefers_openmetrics
from exporters.outages import Teller, outage_pieces
from exporters.samples import SampleSection
from exporters.section import Section
from exporters.self_metrics import self_registry
from exporters.sites import SiteSection
from exporters.view import AgentView

CHUNK_BYTES = 1 << 16

# Of the 1.6 MB of 243 endpoints this leaves a thirteenth in 1 ms of CPU; zlib's own level 1 takes 5 ms for as much.
GZIP_LEVEL = 1
_GZIP_FRAME = 31  # zlib's word for a gzip header and the largest window


class MetricsPage:
    """Writes the page for one agent; keep it between scrapes, for it keeps the labels' text."""

    def __init__(self, agent: AgentView, clock: Callable[[], float] = time.monotonic) -> None:
        self._agent = agent
        self._clock = clock
        self._sections = [Section(subject) for subject in SUBJECTS]
        self._sites = SiteSection()
        self._samples = SampleSection()
        self._registry = self_registry(agent)

    def answer(self, accept: str, accept_encoding: str) -> tuple[dict[str, str], AsyncIterator[bytes]]:
        """Return headers and body by the client's `Accept` and `Accept-Encoding`, empty where it sent none."""
        openmetrics = prefers_openmetrics(accept)
        headers = {"Content-Type": OPENMETRICS_TYPE if openmetrics else TEXT_TYPE, "Vary": "Accept, Accept-Encoding"}
        body = self.render(openmetrics=openmetrics)
        if not accepts_gzip(accept_encoding):
            return headers, body
        return headers | {"Content-Encoding": "gzip"}, compress(body)

    async def render(self, *, openmetrics: bool) -> AsyncIterator[bytes]:
        """Yield the page, letting the loop go after each chunk."""
        chunk = bytearray()
        for piece in self._pieces(openmetrics=openmetrics):
            chunk += piece.encode("utf-8", "replace")  # a name that is no text must not cost the page
            if len(chunk) >= CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
                await asyncio.sleep(0)
        yield bytes(chunk)
        if openmetrics:
            yield generate_openmetrics(self._registry)  # type: ignore[no-untyped-call]  # its only untyped function
        else:
            yield generate_latest(self._registry)

    def _pieces(self, *, openmetrics: bool) -> Iterator[str]:
        now_s = self._clock()
        board, config = self._agent.board, self._agent.config
        for section in self._sections:
            yield from section.pieces(board, now_s, openmetrics=openmetrics)
        yield self._sites.text(board.inventory, openmetrics=openmetrics)
        teller = Teller(board.inventory, config.agent.timezone)
        yield from outage_pieces(board.outages.values(), teller, openmetrics=openmetrics)
        yield from self._samples.pieces(board, config.profiles, now_s, openmetrics=openmetrics)


async def compress(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the chunks' gzip as it comes."""
    gzip = isal_zlib.compressobj(GZIP_LEVEL, isal_zlib.DEFLATED, _GZIP_FRAME)
    packed = bytearray()
    async for chunk in chunks:
        packed += gzip.compress(chunk)
        if len(packed) >= CHUNK_BYTES:
            yield bytes(packed)
            packed.clear()
    yield bytes(packed) + gzip.flush()
