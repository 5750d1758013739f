"""Who is told what: the routes, the messages, and that one cause is one notification."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from alerting.messages import template_file
from tests.grafana.alert_duty import on_duty, rendered
from tests.monitoring import HOME, RULES, filled, routes

EVERYTHING = {
    "DIEMCAU_WEBHOOK_URL": "http://sms.example/a?x=1&y=2",
    "DIEMCAU_TELEGRAM_TOKEN": r'12:a"b\c&',
    "DIEMCAU_TELEGRAM_CHAT": "-1001234",
    "DIEMCAU_MAIL_TO": "truc@example.vn, b@example.vn",
    "DIEMCAU_MAIL_FROM": '"Điểm cầu" <diemcau@example.vn>',
    "DIEMCAU_SMTP_HOST": "mail.example:587",
    "DIEMCAU_SMTP_USER": "diemcau",
    "DIEMCAU_SMTP_PASSWORD": "p'\"\\&$1`\t{x} #:",
    "DIEMCAU_SMTP_TLS": "true",
}
AGENT = {"job": "diemcau", "instance": "a"}
BEGAN = {"first": "wan-ts", "since": "08:12 25/11/2026", "outage": "20261125T011200000-wan-ts"}
LINK = {**AGENT, "kind": "link", "id": "wan-ts", **BEGAN, "severity": "critical"}
CUT, FLAPPING = {"alertname": "DiemcauLinkOutage", **LINK}, {"alertname": "DiemcauFlapping", **LINK}
AWAY = {"alertname": "DiemcauAgentDown", **AGENT, "severity": "critical"}
SPARED = {"alertname": "DiemcauRedundancyLost", **LINK, "severity": "warning", "district": "ts"}
BLIND = {
    "alertname": "DiemcauAgentBlind",
    **AGENT,
    "kind": "agent",
    "id": "phutho",
    "first": "phutho",
    "since": "09:00 25/11/2026",
    "severity": "critical",
}


@pytest.mark.parametrize("left_out", [set(EVERYTHING), set(), *({name} for name in EVERYTHING)], ids=str)
def test_alertmanager_takes_the_routes_whatever_is_set(left_out, tmp_path):
    config = routes(tmp_path, {name: value for name, value in EVERYTHING.items() if name not in left_out})
    checked = subprocess.run(["amtool", "check-config", str(config)], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_channel_is_there_only_where_all_of_it_is_set():
    text = (RULES / "alertmanager.yml").read_text()
    channels = yaml.safe_load(filled(text, {**EVERYTHING, "DIEMCAU_SMTP_HOST": ""}))["receivers"]
    assert [channel["email_configs"] for channel in channels] == [None, None]
    assert channels[0]["webhook_configs"] == [{"url": EVERYTHING["DIEMCAU_WEBHOOK_URL"], "send_resolved": True}]
    assert channels[0]["telegram_configs"][0]["chat_id"] == int(EVERYTHING["DIEMCAU_TELEGRAM_CHAT"])
    assert yaml.safe_load(filled(text, {}))["receivers"][0]["telegram_configs"] is None


@pytest.mark.parametrize(
    "value", [r'a"b', r"a\b", "a\\", "&", r"\&", "a\tb", "a\nb\r", "${NAME}", "$1 `x` 'y'", "điểm", " "]
)
def test_a_value_is_filled_in_as_it_is(value):
    assert yaml.safe_load(filled('a: "<${NAME}>", \n'.replace(", ", ""), {"NAME": value})) == {"a": f"<{value}>"}


def test_a_line_without_variables_stays_as_it_is():
    lines = "a\n  $b ${} ${1x} $(c) \\ \" '\n\n# d\n"
    assert filled(lines, {"b": "x"}) == lines


def test_it_needs_no_more_than_a_plain_shell():
    assert (HOME / "deploy" / "fill-in").stat().st_mode & 0o111
    shells = [(found,) for name in ("dash", "bash") if (found := shutil.which(name))]
    assert {filled("${A}${B}\n${C}\n", {"A": "1", "B": "2"}, shell) for shell in shells} == {"12\n"}


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (CUT, "critical"),
        (AWAY, "critical"),
        (SPARED, "warning"),
        ({"alertname": "DiemcauLinkBusy", "severity": "warning"}, "warning"),
        ({"alertname": "SomethingElse"}, "critical"),
    ],
    ids=lambda value: value["alertname"] if isinstance(value, dict) else value,
)
def test_an_alert_goes_to_whom_it_is_for(labels, receiver, tmp_path):
    config = routes(tmp_path, EVERYTHING)
    command = ["amtool", "config", "routes", "test", f"--config.file={config}"]
    command += [f"{name}={value}" for name, value in labels.items()]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == receiver


def test_a_cut_line_is_told_once_and_its_mending_once(tmp_path):
    with on_duty(tmp_path) as duty:
        duty.say(CUT)
        duty.say(CUT)
        assert duty.heard() == [("DiemcauLinkOutage", "firing")]
        duty.say(CUT)
        assert duty.hears_no_more()
        duty.say(CUT, over=True)
        assert duty.heard() == [("DiemcauLinkOutage", "resolved")]
        assert duty.hears_no_more()


def test_two_agents_that_see_one_line_tell_it_once(tmp_path):
    with on_duty(tmp_path) as duty:
        duty.say(CUT, {**CUT, "instance": "b", "outage": "20261125T011201000-wan-ts"})
        assert duty.heard() == [("DiemcauLinkOutage", "firing")] * 2
        assert duty.hears_no_more()


def test_an_outage_that_begins_to_flap_is_one_more_message(tmp_path):
    with on_duty(tmp_path) as duty:
        duty.say(CUT)
        assert duty.heard() == [("DiemcauLinkOutage", "firing")]
        duty.say(FLAPPING)
        duty.say(CUT, over=True)
        assert duty.heard()[0] == ("DiemcauFlapping", "firing")
        assert duty.hears_no_more()


def test_an_outage_that_is_explained_better_is_told_as_that_and_is_not_over(tmp_path):
    router = {**CUT, "alertname": "DiemcauDeviceOutage", "kind": "device", "id": "r-ts"}
    with on_duty(tmp_path) as duty:
        duty.say(router)
        assert duty.heard() == [("DiemcauDeviceOutage", "firing")]
        duty.say(router, over=True)
        duty.say(CUT)
        assert ("DiemcauLinkOutage", "firing") in duty.heard()
        assert duty.hears_no_more()
        duty.say(CUT, over=True)
        assert ("DiemcauLinkOutage", "resolved") in duty.heard()
        assert duty.hears_no_more()


def test_a_line_that_is_cut_again_is_told_once_more_though_its_last_end_is_still_repeated(tmp_path):
    """Prometheus says for a quarter of an hour that an alert is over."""
    again = {**CUT, "since": "08:20 25/11/2026", "outage": "20261125T012000000-wan-ts"}
    with on_duty(tmp_path) as duty:
        duty.say(CUT)
        duty.heard()
        duty.say(CUT, over=True)
        duty.heard()
        duty.say(again)
        assert duty.heard() == [("DiemcauLinkOutage", "firing")]
        duty.say(CUT, over=True)
        assert duty.hears_no_more()


def test_a_backup_that_is_cut_too_does_not_end_the_warning_of_the_first_line(tmp_path):
    with on_duty(tmp_path) as duty:
        duty.say(SPARED)
        assert duty.heard() == [("DiemcauRedundancyLost", "firing")]
        duty.say(CUT)
        assert duty.heard() == [("DiemcauLinkOutage", "firing")]
        duty.say(SPARED, over=True)
        assert duty.hears_no_more()


@pytest.mark.parametrize("source", [AWAY, BLIND], ids=["away", "blind"])
def test_an_agent_that_is_away_or_blind_says_nothing_is_over(source, tmp_path):
    with on_duty(tmp_path) as duty:
        duty.say(CUT)
        assert duty.heard() == [("DiemcauLinkOutage", "firing")]
        duty.say(source)
        assert duty.heard() == [(source["alertname"], "firing")]
        duty.say(CUT, over=True)
        assert duty.hears_no_more()


def test_what_ended_while_the_agent_was_away_is_told_when_it_is_back(tmp_path):
    with on_duty(tmp_path) as duty:
        duty.say(CUT)
        duty.heard()
        duty.say(AWAY)
        duty.heard()
        duty.say(AWAY, CUT, over=True)  # as the rules hold the outage until then
        assert sorted([duty.heard(), duty.heard()]) == [
            [("DiemcauAgentDown", "resolved")],
            [("DiemcauLinkOutage", "resolved")],
        ]
        assert duty.hears_no_more()


def notification(*alerts: dict[str, object], **group: str) -> dict[str, object]:
    common = {"commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "receiver": "critical"}
    return {"status": "firing", "alerts": list(alerts), "groupLabels": group, **common}


def alert(name: str, status: str = "firing", severity: str = "critical", **annotations: str) -> dict[str, object]:
    said = {kind + suffix: f"{kind} {name}{suffix}" for kind in ("summary", "description") for suffix in ("", "_en")}
    return {
        "status": status,
        "labels": {"alertname": name, "severity": severity},
        "annotations": {**said, **annotations},
        "startsAt": "2026-11-25T01:12:00Z",
        "endsAt": "2026-11-25T01:32:00Z",
    }


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("vi.sms", "summary A"),
        ("vi.text", "NGHIÊM TRỌNG: summary A\ndescription A\nHướng dẫn xử lý: docs/A.md"),
        ("vi.subject", "[NGHIÊM TRỌNG] summary A"),
        ("en.sms", "summary A_en"),
        ("en.text", "CRITICAL: summary A_en\ndescription A_en\nRunbook: docs/A.md"),
        ("en.subject", "[CRITICAL] summary A_en"),
    ],
)
def test_a_message_says_what_is_wrong_and_not_what_it_was_before(template, text, tmp_path):
    told = notification(alert("A", runbook_url="docs/A.md"), alert("B", "resolved"), first="x", since="08:12")
    assert rendered(f"diemcau.{template}", told, tmp_path).strip() == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("vi.sms", "ĐÃ HẾT: summary B"),
        ("vi.text", "ĐÃ HẾT: summary B (hết lúc 08:32 25/11/2026)"),
        ("vi.subject", "[ĐÃ HẾT] summary B"),
        ("en.text", "OVER: summary B_en (over at 08:32 25/11/2026)"),
    ],
)
def test_a_message_says_what_is_over_and_when(template, text, tmp_path):
    told = notification(alert("B", "resolved"), first="x", since="08:12")
    assert rendered(f"diemcau.{template}", told, tmp_path).strip() == text


def test_of_several_warnings_all_are_told(tmp_path):
    told = notification(alert("A", severity="warning"), alert("C", severity="warning"), alert("B", "resolved"))
    assert rendered("diemcau.vi.sms", told, tmp_path).strip().splitlines() == [
        "summary A",
        "summary C",
        "ĐÃ HẾT: summary B",
    ]
    assert rendered("diemcau.vi.subject", told, tmp_path) == "[Cảnh báo] summary A (và cảnh báo khác, tổng số 3)"


def test_a_name_is_no_markup_in_a_mail(tmp_path):
    html = rendered("diemcau.vi.html", notification(alert("A", summary="Xã <b> & Phường")), tmp_path)
    assert "Xã &lt;b&gt; &amp; Phường" in html
    assert "<b>" not in html


def test_grafana_finds_no_variable_in_the_templates():
    assert "$" not in template_file()


def test_both_languages_have_the_same_templates():
    names = re.findall(r'define "diemcau\.(vi|en)\.(\w+)"', template_file())
    assert {name for language, name in names if language == "vi"} == {
        name for language, name in names if language == "en"
    }
