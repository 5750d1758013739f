"""The alerts as Grafana's own alerting takes them from files: for those who have no Alertmanager.

With both, everything is told twice. Grafana fills environment variables into contact points, policies and templates,
but neither into annotations nor into query models; one that is not set leaves an address empty, and Grafana then does
not start. There is no Telegram among the channels: it takes a chat's number from a variable for a number and refuses it
(grafana #69950); the webhook serves. Its alerting has no inhibition either.
"""

from __future__ import annotations

import json
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import alerting as model, dashboard, expr, prometheus

from alerting.alert import Alert, Group, duration
from alerting.messages import template_file
from alerting.prometheus import said
from alerting.table import GROUPS
from alerting.words import GRAFANA
from sources import FOLDERS, PROMETHEUS_UID
from yamlish import written

OUT_OF_HOURS = "out-of-hours"
_PLACE = "provisioning/alerting"
_EXPRESSION_UID = "__expr__"  # what Grafana calls its own arithmetic
_BELOW_ALL = -1  # every value an alert's expression can have is greater: that there is a series is what counts


def grafana_files(runbooks: str) -> dict[str, str]:
    """Return the provisioning files by their path below grafana/."""
    content = {
        "rules": {"groups": [_group(group, runbooks) for group in GROUPS if group.alerts]},
        "contact-points": {"contactPoints": [_contact_point("critical"), _contact_point("warning")]},
        "policies": {"policies": [_policies()]},
        "mute-timings": {"muteTimes": [_out_of_hours()]},
        "templates": {"templates": [{"orgId": 1, "name": "diemcau", "template": template_file()}]},
    }
    return {f"{_PLACE}/{name}.yaml": written({"apiVersion": 1, **one}) for name, one in content.items()}


def _plain(sdk_value: object) -> Any:
    """Return what the SDK would write as JSON."""
    return json.loads(JSONEncoder().encode(sdk_value))


def _group(group: Group, runbooks: str) -> dict[str, Any]:
    return {
        "orgId": 1,
        "name": group.name,
        "folder": FOLDERS["vi"],
        "interval": duration(group.interval_s),
        "rules": [_rule(alert, runbooks) for alert in group.alerts],
    }


def _rule(alert: Alert, runbooks: str) -> dict[str, Any]:
    return {
        "uid": alert.name,
        "title": alert.name,
        "condition": "B",
        "data": [_plain(_query(alert)), _plain(_condition())],
        "for": duration(alert.for_s),
        "noDataState": "OK",
        "execErrState": "KeepLast",  # one Prometheus that is away is no twenty alerts
        "labels": {"severity": alert.severity},
        "annotations": said(alert, GRAFANA, runbooks),
    }


def _query(alert: Alert) -> model.Query:
    source = dashboard.DataSourceRef(type_val="prometheus", uid=PROMETHEUS_UID)
    query = prometheus.Dataquery(expr=alert.expr, instant=True, range_val=False, ref_id="A", datasource=source)
    now = model.RelativeTimeRange(from_val=600, to=0)
    return model.Query(datasource_uid=PROMETHEUS_UID, model=query, ref_id="A", relative_time_range=now)


def _condition() -> model.Query:
    evaluator = expr.ExprTypeThresholdConditionsEvaluator(params=[_BELOW_ALL], type_val="gt")
    threshold = expr.TypeThreshold(
        conditions=[expr.ExprTypeThresholdConditions(evaluator=evaluator)],
        datasource=dashboard.DataSourceRef(type_val=_EXPRESSION_UID, uid=_EXPRESSION_UID),
        expression="A",
        ref_id="B",
    )
    now = model.RelativeTimeRange(from_val=0, to=0)
    return model.Query(datasource_uid=_EXPRESSION_UID, model=threshold, ref_id="B", relative_time_range=now)


def _contact_point(name: str) -> dict[str, Any]:
    """Return a contact point: the gateway for text messages and Telegram, and e-mail."""
    webhook = {"url": "$DIEMCAU_WEBHOOK_URL", "message": '{{ template "diemcau.vi.sms" . }}'}
    mail = {
        "addresses": "$DIEMCAU_MAIL_TO",
        "singleEmail": True,
        "subject": '{{ template "diemcau.vi.subject" . }}',
        "message": '{{ template "diemcau.vi.text" . }}',
    }
    receivers = [
        {"uid": f"diemcau-{name}-{kind}", "type": kind, "settings": settings, "disableResolveMessage": False}
        for kind, settings in (("webhook", webhook), ("email", mail))
    ]
    return {"orgId": 1, "name": name, "receivers": receivers}


def _policies() -> dict[str, Any]:
    """Return the routes: the same as Alertmanager's."""
    warning = model.NotificationPolicy(
        receiver="warning",
        group_by=["alertname", "district"],
        group_wait="1m",
        group_interval="15m",
        repeat_interval="12h",
        mute_time_intervals=[OUT_OF_HOURS],
    )
    outage = model.NotificationPolicy(receiver="critical", group_by=["first", "since"], group_interval="30s")
    root = model.NotificationPolicy(
        receiver="critical",
        group_by=["alertname", "job", "instance", "meeting"],
        group_wait="10s",
        group_interval="1m",
        repeat_interval="4h",
    )
    matchers = ([["severity", "=", "warning"]], [["first", "=~", ".+"]])
    routes = [
        {**_plain(route), "object_matchers": wanted} for route, wanted in zip((warning, outage), matchers, strict=True)
    ]
    return {"orgId": 1, **_plain(root), "routes": routes}


def _out_of_hours() -> dict[str, Any]:
    """Return nights and weekends. Grafana 11 has no active times, so this is what Alertmanager's leave out."""
    place = "Asia/Ho_Chi_Minh"
    nights = [{"start_time": "00:00", "end_time": "07:30"}, {"start_time": "17:00", "end_time": "24:00"}]
    return {
        "orgId": 1,
        "name": OUT_OF_HOURS,
        "time_intervals": [
            {"times": nights, "location": place},
            {"weekdays": ["saturday", "sunday"], "location": place},
        ],
    }
