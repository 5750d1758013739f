from __future__ import annotations

from prometheus_client import generate_latest

from exporters.self_metrics import self_registry
from tests.exporters.province import FakeAgent, board_of, inventory_of


def test_traps_are_counted_by_kind():
    board = board_of(inventory_of(communes=1, rooms=1))
    registry = self_registry(FakeAgent(board))
    assert "diemcau_traps_total{" not in generate_latest(registry).decode()
    board.traps.update({"linkDown": 2, "limited": 0})
    text = generate_latest(registry).decode()
    assert 'diemcau_traps_total{kind="linkDown"} 2.0' in text
    assert 'diemcau_traps_total{kind="limited"} 0.0' in text
