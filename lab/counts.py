"""What passed each hop, in memory that the packet loop writes and the SNMP agents read."""

from __future__ import annotations

import mmap
import os
from enum import IntEnum

# Directions over a hop: away from its home end and towards it.
OUT, IN = 0, 1


class Count(IntEnum):
    """What is counted per direction: put on the wire, lost on it, or refused before it (line down, queue full)."""

    SENT_PACKETS = 0
    SENT_BYTES = 1
    LOST_PACKETS = 2
    LOST_BYTES = 3
    REFUSED_PACKETS = 4


WIDTH = len(Count)
PER_HOP = 2 * WIDTH
_WORD = 8


class SharedCounts:
    """64-bit words, `PER_HOP` for each hop in order, behind a descriptor that a child process can inherit."""

    def __init__(self, hops: int, descriptor: int | None = None) -> None:
        size = max(hops, 1) * PER_HOP * _WORD
        self.descriptor = os.memfd_create("diemcau-counts") if descriptor is None else descriptor
        if descriptor is None:
            os.ftruncate(self.descriptor, size)
        self.words = memoryview(mmap.mmap(self.descriptor, size)).cast("Q")

    def of(self, index: int) -> memoryview:
        """Return one hop's words."""
        return self.words[index * PER_HOP : (index + 1) * PER_HOP]
