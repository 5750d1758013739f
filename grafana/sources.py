"""Grafana's provisioning of the data sources and of the dashboards' folders. Addresses come from its environment."""

from __future__ import annotations

from typing import Any

from texts import LANGUAGES
from yamlish import written

PROMETHEUS_UID = "diemcau-prometheus"
FOLDERS = {"vi": "Điểm cầu", "en": "Sites (diemcau)"}
DASHBOARDS = "/var/lib/diemcau-dashboards"  # where deploy/ and docs/install.md put grafana/dashboards


def files() -> dict[str, str]:
    """Return the files below grafana/, by path."""
    return {
        "provisioning/datasources/diemcau.yaml": written(
            {"apiVersion": 1, "datasources": [_prometheus(), _alertmanager()]}
        ),
        "provisioning/dashboards/diemcau.yaml": written(
            {"apiVersion": 1, "providers": [_folder(one) for one in LANGUAGES]}
        ),
    }


def _prometheus() -> dict[str, Any]:
    return {
        "name": "Prometheus",
        "uid": PROMETHEUS_UID,
        "type": "prometheus",
        "access": "proxy",
        "url": "$DIEMCAU_PROMETHEUS_URL",
        "isDefault": True,
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s", "prometheusType": "Prometheus"},
    }


def _alertmanager() -> dict[str, Any]:
    return {
        "name": "Alertmanager",
        "uid": "diemcau-alertmanager",
        "type": "alertmanager",
        "access": "proxy",
        "url": "$DIEMCAU_ALERTMANAGER_URL",
        "jsonData": {"implementation": "prometheus"},
    }


def _folder(language: str) -> dict[str, Any]:
    return {
        "name": f"diemcau-{language}",
        "folder": FOLDERS[language],
        "folderUid": f"diemcau-{language}",
        "type": "file",
        "allowUiUpdates": False,
        "updateIntervalSeconds": 60,
        "options": {"path": f"{DASHBOARDS}/{language}"},
    }
