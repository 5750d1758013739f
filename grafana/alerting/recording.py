"""Series computed in advance for dashboards: where a panel would otherwise read thousands each time it is drawn."""

from __future__ import annotations

from alerting.alert import Group, Recording

_ENDPOINT = "on (job, instance, endpoint)"
_LOSS = f"diemcau_icmp_loss_ratio and {_ENDPOINT} diemcau_endpoint_up == 1"
_RTT = "rate(diemcau_icmp_rtt_seconds_sum[5m]) / (rate(diemcau_icmp_rtt_seconds_count[5m]) > 0)"


_LOST = """\
(
  sum by (district) (diemcau:endpoints:count{state=~"3|4"})
  or sum by (district) (0 * diemcau:endpoints:count)
)
/ sum by (district) (diemcau:endpoints:count)
* on (district) group_left (name) (
  group by (district, name) (diemcau_site_info{level="district"})
  or group by (district) (diemcau_site_info{district=""})
)"""  # the province's own rooms lie in no district and have no such name


def _worst(expression: str) -> str:
    """Keep the ten highest, by name."""
    return f"topk(10, {expression})\n* {_ENDPOINT} group_left (name) diemcau_endpoint_info"


_FULLEST = """\
topk(10, max by (job, instance, link, role) (avg_over_time(diemcau_link_utilization_ratio[5m])))
* on (job, instance, link) group_left (name) diemcau_link_info"""

RECORDING: tuple[Recording, ...] = (
    Recording("diemcau:endpoints:count", 'count_values by (district) ("state", diemcau_endpoint_state)'),
    Recording("diemcau:district_lost:ratio", _LOST),
    Recording("diemcau:links:count", 'count_values by (role) ("state", diemcau_link_state)'),
    Recording("diemcau:link_utilization_ratio:worst", _FULLEST),
    Recording("diemcau:loss_ratio:worst", _worst(_LOSS)),
    Recording("diemcau:rtt_seconds:worst", _worst(_RTT)),
)

GROUP = Group("diemcau-recording", 30, RECORDING)
