"""Alertmanager's configuration: who is told of what, when, and how often.

Written as text, as its comments are for whoever installs it and each channel has to be a line of its own:
`deploy/fill-in` leaves out a line that names a variable which is not set.
"""

from __future__ import annotations

_CONFIG = """\
# Made by grafana/build.py; not edited by hand. Before Alertmanager reads it, deploy/fill-in puts the environment's
# values in and leaves out each line whose variable is not set: a channel that nobody named is not there.
global:
  smtp_auth_username: "${DIEMCAU_SMTP_USER}"
  smtp_auth_password: "${DIEMCAU_SMTP_PASSWORD}"
  smtp_require_tls: ${DIEMCAU_SMTP_TLS}
  resolve_timeout: 10m

templates: [diemcau.tmpl]

# One cause is one group, so it is one message when it begins, one when it is over, and one more every 4 hours between.
route:
  receiver: critical
  group_by: [alertname, job, instance, meeting]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 4h
  routes:
    # In working hours only. What was told today is told again tomorrow morning (12 h are less than a night), as what
    # ends at night ends unheard.
    - matchers: [severity="warning"]
      receiver: warning
      group_by: [alertname, district]
      group_wait: 1m
      group_interval: 15m
      repeat_interval: 12h
      active_time_intervals: [working-hours]
    # An outage, whatever it is called now: a cut line that begins to flap, or a silent router that turns out to be a
    # cut line, stays one group. Not by agent: several that see the same line speak of the same cause. By when it
    # began: for 15 minutes Prometheus repeats that the last one is over, and with that this one would be told again.
    - matchers: [first=~".+"]
      group_by: [first, since]
      group_interval: 30s

time_intervals:
  - name: working-hours
    time_intervals:
      - weekdays: ["monday:friday"]
        times: [{start_time: "07:30", end_time: "17:00"}]
        location: Asia/Ho_Chi_Minh

# What an agent that is away or blind said last is neither news nor over.
inhibit_rules:
  - source_matchers: [alertname="DiemcauAgentDown"]
    target_matchers: [alertname!="DiemcauAgentDown"]
    equal: [job, instance]
  - source_matchers: [alertname="DiemcauAgentBlind"]
    target_matchers: [alertname!~"DiemcauAgentDown|DiemcauAgentBlind"]
    equal: [job, instance]
  # The backup is cut too: that the line had one is not news any more, and not over.
  - source_matchers: [alertname="DiemcauLinkOutage"]
    target_matchers: [alertname="DiemcauRedundancyLost"]
    equal: [job, instance, outage]

# English: diemcau.en.* for diemcau.vi.*. A webhook gets Alertmanager's JSON; its summaries fit a text message. Where
# its own status is firing and groupLabels has `first`, alerts in it that are resolved are what the outage was before.
receivers:
  - name: critical
    webhook_configs:
@WEBHOOK@
    telegram_configs:
@TELEGRAM@
    email_configs:
@MAIL@
  - name: warning
    webhook_configs:
@WEBHOOK@
    email_configs:
@MAIL@
"""

_WEBHOOK = '      - {url: "${DIEMCAU_WEBHOOK_URL}", send_resolved: true}'
_TELEGRAM = (
    '      - {bot_token: "${DIEMCAU_TELEGRAM_TOKEN}", chat_id: ${DIEMCAU_TELEGRAM_CHAT}, parse_mode: "", '
    """message: '{{ template "diemcau.vi.text" . }}', send_resolved: true}"""
)
_MAIL = (
    '      - {to: "${DIEMCAU_MAIL_TO}", from: "${DIEMCAU_MAIL_FROM}", smarthost: "${DIEMCAU_SMTP_HOST}", '
    """headers: {Subject: '{{ template "diemcau.vi.subject" . }}'}, text: '{{ template "diemcau.vi.text" . }}', """
    """html: '{{ template "diemcau.vi.html" . }}', send_resolved: true}"""
)


def config_file() -> str:
    """Return the configuration."""
    channels = {"@WEBHOOK@": _WEBHOOK, "@TELEGRAM@": _TELEGRAM, "@MAIL@": _MAIL}
    text = _CONFIG
    for mark, line in channels.items():
        text = text.replace(mark, line)
    return text
