"""Mangled answers at the poller: a short run of what `tests.bench.fuzz_answers` does for long."""

from __future__ import annotations

import random

from agent.readings import Outcome
from tests.bench.fuzz_answers import fuzz


async def test_mangled_answers_are_failures_of_their_device_and_nothing_else() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  # to play it again
    ends = await fuzz(3000, seed)
    assert ends.total() == 3000
    assert ends[Outcome.ERROR] > 1000
    assert ends[Outcome.OK] > 100
