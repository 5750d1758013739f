"""The one table of alerts, in the groups they are computed in. Every form of them is made from it."""

from __future__ import annotations

from alerting import agent, outages, quality, recording, times
from alerting.alert import Alert, Group

GROUPS: tuple[Group, ...] = (outages.GROUP, quality.GROUP, agent.GROUP, recording.GROUP, times.GROUP)
ALERTS: tuple[Alert, ...] = (*outages.OUTAGES, *quality.QUALITY, *agent.AGENT)
