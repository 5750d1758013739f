from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.grafana.scenario_prometheus import Prometheus, with_scenario


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """One that holds the scenario, for all who only ask it."""
    with with_scenario(tmp_path_factory.mktemp("scenario")) as one:
        yield one
