"""The rules: what fires when, what it says, and that every form of them is the same."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import alerting
from alerting.alert import duration
from alerting.table import ALERTS, GROUPS
from alerting.words import GRAFANA, PROMETHEUS, Dialect, labels_of
from tests.grafana.expressions import without_default
from tests.monitoring import HOME, RULES

CASES = sorted((RULES / "tests").glob("*.yml"))
RUNBOOKS = HOME / "docs" / "runbooks"
LONGEST_SUMMARY = 160  # without what labels put in; two or three text messages with it

each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


@cache
def made(path: str) -> Any:
    return yaml.safe_load(alerting.files()[path])


def prometheus_rules() -> dict[str, Any]:
    groups = made("rules/diemcau.rules.yml")["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def grafana_rules() -> dict[str, Any]:
    groups = made("provisioning/alerting/rules.yaml")["groups"]
    return {rule["title"]: rule for group in groups for rule in group["rules"]}


@pytest.fixture(scope="module")
def rules(tmp_path_factory) -> Path:
    """The rule file as it would be written now, beside its tests."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "diemcau.rules.yml").write_text(alerting.files()["rules/diemcau.rules.yml"])
    (folder / "tests").mkdir()
    for case in CASES:
        (folder / "tests" / case.name).write_text(case.read_text())
    return folder


def test_prometheus_takes_the_rules(rules):
    command = ["promtool", "check", "rules", "--lint=all", "--lint-fatal", str(rules / "diemcau.rules.yml")]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_fires_is_what_should(rules, case):
    command = ["promtool", "test", "rules", str(rules / "tests" / case.name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def expectations() -> Iterator[tuple[str, bool]]:
    """Each expectation of the cases: of an alert, that it fires or that it is silent."""
    for case in CASES:
        for test in yaml.safe_load(case.read_text())["tests"]:
            for one in test.get("alert_rule_test", ()):
                yield one["alertname"], bool(one.get("exp_alerts"))
            for one in test.get("promql_expr_test", ()):
                for sample in one.get("exp_samples", ()):
                    yield from ((name, True) for name in re.findall(r'alertname="(\w+)"', sample["labels"]))


@each_alert
def test_each_alert_has_a_case_that_fires_and_one_that_is_silent(alert):
    assert {fires for name, fires in expectations() if name == alert.name} == {True, False}


@each_alert
def test_both_forms_ask_and_wait_the_same(alert):
    here, there = prometheus_rules()[alert.name], grafana_rules()[alert.name]
    queries = {query["refId"]: query["model"] for query in there["data"]}
    assert queries["A"]["expr"] == here["expr"] == alert.expr
    assert here.get("for", "0s") == there["for"] == duration(alert.for_s)
    assert here["labels"] == there["labels"] == {"severity": alert.severity}
    assert there["condition"] == "B"
    assert queries["B"]["expression"] == "A"


@each_alert
def test_both_forms_say_the_same(alert):
    here, there = prometheus_rules()[alert.name]["annotations"], grafana_rules()[alert.name]["annotations"]
    assert {name: text.replace("$values.A.Value", "$value") for name, text in there.items()} == here


def test_every_group_has_the_same_pace_and_alerts_in_both_forms():
    here = {group["name"]: group for group in made("rules/diemcau.rules.yml")["groups"]}
    for group in made("provisioning/alerting/rules.yaml")["groups"]:
        alerts = [rule["alert"] for rule in here[group["name"]]["rules"] if "alert" in rule]
        assert group["interval"] == here[group["name"]]["interval"]
        assert [rule["title"] for rule in group["rules"]] == alerts
    assert set(prometheus_rules()) == set(grafana_rules()) == {alert.name for alert in ALERTS}
    assert tuple(alert for group in GROUPS for alert in group.alerts) == ALERTS


def test_a_label_of_grafanas_holds_no_variable():
    """Grafana fills its environment into labels."""
    assert "$" not in str([rule["labels"] for rule in grafana_rules().values()])


@each_alert
def test_an_alert_says_the_same_in_both_languages(alert):
    for text in (alert.summary, alert.description):
        assert text.vi
        assert text.en
        assert labels_of(text.vi) == labels_of(text.en)
        assert ("{value" in text.vi) == ("{value" in text.en)
    assert len(re.sub(r"\{[^}]*\}|[][]", "", alert.summary.vi)) <= LONGEST_SUMMARY


@each_alert
def test_an_alert_has_the_labels_that_its_texts_show(prometheus, alert):
    """On the scenario's bad day; what stands in brackets may be missing."""
    texts = (alert.summary.vi, alert.summary.en, alert.description.vi, alert.description.en)
    needed = frozenset().union(*(labels_of(re.sub(r"\[[^]]*]", "", text)) for text in texts))
    for series in prometheus.now(without_default(alert.expr)):
        assert needed <= set(series["metric"])


@each_alert
def test_an_alert_is_named_by_house_and_has_a_runbook(alert):
    assert re.fullmatch(r"Diemcau([A-Z][a-z]+)+", alert.name)
    text = (RUNBOOKS / f"{alert.name}.md").read_text()
    assert text.startswith(f"# {alert.name}: ")
    sections = ["Nghĩa là gì", "Xem ở đâu", "Làm gì", "Gọi ai", "Khi nào hết", "In English"]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == sections
    assert f"[{alert.name}]({alert.name}.md)" in (RUNBOOKS / "README.md").read_text()


def test_there_is_no_runbook_of_nothing_and_no_link_to_nowhere():
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {"README", *(alert.name for alert in ALERTS)}
    links = {link for path in RUNBOOKS.glob("*.md") for link in re.findall(r"\]\((\w+\.md)\)", path.read_text())}
    assert not [link for link in links if not (RUNBOOKS / link).is_file()]


def test_a_runbook_is_found_below_the_address_that_is_given():
    rule = yaml.safe_load(alerting.files("https://git.example/")["rules/diemcau.rules.yml"])["groups"][0]["rules"][-1]
    assert rule["annotations"]["runbook_url"] == f"https://git.example/docs/runbooks/{rule['alert']}.md"


def test_no_rule_names_a_job():
    assert not [rule.name for group in GROUPS for rule in group.rules if re.search(r"\bjob\s*(=|!)", rule.expr)]


@pytest.mark.parametrize("dialect", [PROMETHEUS, GRAFANA], ids=["prometheus", "grafana"])
@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("{name}", "{{ $labels.name }}"),
        ("{value}", '{{ VALUE | printf "%.0f" }}'),
        ("a[ b {call}.]", "a{{ if $labels.call }} b {{ $labels.call }}.{{ end }}"),
        ("{p=x:X|y:Y}", '{{ if eq $labels.p "x" }}X{{ else if eq $labels.p "y" }}Y{{ else }}{{ $labels.p }}{{ end }}'),
    ],
)
def test_a_text_becomes_a_template(dialect: Dialect, text, template):
    assert dialect.template(text) == template.replace("VALUE", dialect.value)
