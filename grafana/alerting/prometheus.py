"""The rules as Prometheus reads them."""

from __future__ import annotations

from typing import Any

from alerting.alert import Alert, Group, Recording, duration
from alerting.table import GROUPS
from alerting.words import PROMETHEUS, Dialect
from yamlish import written


def rules_file(runbooks: str) -> str:
    """Return the rule file. `runbooks`: what stands before a runbook's path, the address of a checkout."""
    return written({"groups": [_group(group, runbooks) for group in GROUPS]})


def said(alert: Alert, dialect: Dialect, runbooks: str) -> dict[str, str]:
    """Return an alert's texts: Vietnamese as they are usually called, English beside them."""
    return {
        "summary": dialect.template(alert.summary.vi),
        "description": dialect.template(alert.description.vi),
        "summary_en": dialect.template(alert.summary.en),
        "description_en": dialect.template(alert.description.en),
        "runbook_url": runbooks + alert.runbook,
    }


def _group(group: Group, runbooks: str) -> dict[str, Any]:
    rules = [_recording(rule) if isinstance(rule, Recording) else _alert(rule, runbooks) for rule in group.rules]
    return {"name": group.name, "interval": duration(group.interval_s), "rules": rules}


def _recording(rule: Recording) -> dict[str, Any]:
    return {"record": rule.name, "expr": rule.expr}


def _alert(alert: Alert, runbooks: str) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        **({"for": duration(alert.for_s)} if alert.for_s else {}),
        "labels": {"severity": alert.severity},
        "annotations": said(alert, PROMETHEUS, runbooks),
    }
