"""The alerts: one table, written for Prometheus and Alertmanager and for Grafana."""

from alerting.files import files

__all__ = ["files"]
