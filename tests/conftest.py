from __future__ import annotations

import ctypes
import gc
import os
import subprocess
from collections.abc import Iterator

import pytest

CLONE_NEWNET = 0x40000000


@pytest.fixture
def own_network() -> Iterator[None]:
    """This thread in a network of its own: lo only, ICMP rights and echo answers as the test sets them."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(CLONE_NEWNET):
            pytest.fail(f"these tests need root: {os.strerror(ctypes.get_errno())}")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(home)


@pytest.fixture
def frozen_heap() -> Iterator[None]:
    """What other tests have left in memory is kept out of collections: it would be measured too."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
