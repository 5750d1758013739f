"""Every question of every dashboard and every alert has an answer on Debian's Prometheus, on a bad day."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from alerting.table import ALERTS, GROUPS
from alerting.words import labels_of
from tests.grafana.choices import builtin, choices, interval_s, options, span_s
from tests.grafana.dashboards import Json, Question, dashboards, panels, questions, variables
from tests.grafana.expressions import fill, parse, reads, without_default
from tests.grafana.real_metrics import VALUES, known
from tests.grafana.scenario import BEGIN_S, DAY_S, NOW_S
from tests.grafana.scenario_prometheus import RECORDINGS, Prometheus
from texts import LANGUAGES

HIDDEN = 2  # a variable that follows from others
ADDED = {"job", "instance", "le", "quantile"}  # by Prometheus and by what is distributed


@pytest.fixture(params=dashboards())
def dashboard(request: pytest.FixtureRequest) -> Json:
    return dashboards()[request.param]


def ask(prometheus: Prometheus, question: Question, expression: str, span: int) -> list[Json]:
    """Ask as Grafana does."""
    if question.instant:
        return prometheus.now(expression)
    return prometheus.course(expression, NOW_S - span, interval_s(span, question.interval))


def answered(prometheus: Prometheus, question: Question, chosen: list[dict[str, str]], span: int) -> bool:
    """Say whether a question has an answer for any choice a reader can make; what stands in for one is not counted."""
    own = builtin(span, question.interval)
    filled = dict.fromkeys(fill(question.expr, {**values, **own}) for values in chosen)
    return any(
        ask(prometheus, question, expression, span) and ask(prometheus, question, without_default(expression), span)
        for expression in filled
    )


def test_every_panel_and_annotation_has_an_answer(prometheus, dashboard):
    chosen, span = list(choices(prometheus, dashboard)), span_s(dashboard)
    assert chosen, "a variable has no value to choose"
    silent = [one for one in questions(dashboard) if not answered(prometheus, one, chosen, span)]
    assert not silent, "\n".join(f"{one}: {one.expr}" for one in silent)


def test_every_column_of_a_table_is_in_its_answers(prometheus, dashboard):
    chosen = list(choices(prometheus, dashboard))
    for panel in panels(dashboard):
        names = {name for one in panel.get("transformations", []) for name in kept(one)}
        for values in chosen:
            names -= columns(prometheus, panel, values)
        assert not names, panel["title"]


def kept(transformation: Json) -> list[str]:
    """Return the columns that a transformation lets through."""
    return transformation["options"]["include"]["names"] if transformation["id"] == "filterFieldsByName" else []


def columns(prometheus: Prometheus, panel: Json, values: dict[str, str]) -> set[str]:
    """Return the columns of the tables that the panel's queries give; values are told apart where there are several."""
    found = set()
    for target in panel["targets"]:
        rows = prometheus.now(fill(target["expr"], values))
        found |= {label for row in rows for label in row["metric"]}
        found |= {"Value" if len(panel["targets"]) == 1 else f"Value #{target['refId']}" for _ in rows[:1]}
    return found


def test_a_row_that_says_where_a_click_leads_names_a_dashboard(prometheus, dashboard):
    values = next(choices(prometheus, dashboard))
    asked = [one for one in questions(dashboard) if '"board"' in one.expr]
    named = {row["metric"]["board"] for one in asked for row in prometheus.now(fill(one.expr, values))}
    assert {f"diemcau-{name}" for name in named} <= {one["uid"] for one in dashboards().values()}


def test_every_variable_has_values_to_choose(prometheus, dashboard):
    chosen = next(choices(prometheus, dashboard))
    shown = [one for one in variables(dashboard) if one.get("hide") != HIDDEN]
    assert not [one["name"] for one in shown if not options(prometheus, one, chosen)]


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recording_rule_has_an_answer(prometheus, name):
    assert prometheus.now(RECORDINGS[name])
    assert prometheus.now(name), "Prometheus recorded nothing"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_has_an_answer_on_a_bad_day(prometheus, alert):
    assert prometheus.now(without_default(alert.expr))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_label_that_an_alert_shows_is_in_its_answer(prometheus, alert):
    shown = {
        label
        for text in (alert.summary, alert.description)
        for words in LANGUAGES
        for label in labels_of(text.of(words))
    }
    assert shown <= {label for series in prometheus.now(alert.expr) for label in series["metric"]}


def test_where_there_is_no_agent_only_its_absence_is_told(prometheus):
    before = BEGIN_S - 10 * DAY_S
    assert [alert.name for alert in ALERTS if prometheus.now(alert.expr, before)] == ["DiemcauAgentDown"]


def unknown(expression: str) -> Iterator[str]:
    """Name the metrics that an expression reads though there are none such, labels and values they do not have."""
    real = known() | dict.fromkeys(RECORDINGS)
    for read in reads(expression):
        if read.metric not in real:
            yield read.metric
            continue
        labels = real[read.metric] and ADDED.union(*real[read.metric])
        for label, _, value in read.matchers:
            if labels and label not in labels:
                yield f"{read.metric}{{{label}}}"
            others = set(re.findall(r"\w+", value)) - VALUES[label] if label in VALUES else ()
            yield from (f"{read.metric}{{{label}={other}}}" for other in others)


def test_every_metric_and_label_of_a_dashboard_exists(prometheus, dashboard):
    values = next(choices(prometheus, dashboard))
    found = [(str(one), *unknown(fill(one.expr, {**values, **builtin(3600)}))) for one in questions(dashboard)]
    assert not [one for one in found if one[1:]]


@pytest.mark.parametrize("rule", [rule for group in GROUPS for rule in group.rules], ids=lambda rule: rule.name)
def test_every_metric_and_label_of_a_rule_exists(rule):
    assert not list(unknown(rule.expr))


@pytest.mark.parametrize(
    ("expression", "rest"),
    [
        ("sum(x) or vector(0)", "sum(x{})"),
        ("(sum(x) or vector(0)) / 2", "(sum(x{})) / 2"),
        ("x or y", "x{} or  y{}"),
    ],
)
def test_a_default_is_no_answer(expression, rest):
    assert parse(without_default(expression)) == parse(rest) or without_default(expression) == rest


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('rate(diemcau_icmp_sent_total{endpoint="x"}[5m])', []),
        ("diemcau_icmp_loss", ["diemcau_icmp_loss"]),
        ('diemcau_icmp_loss_ratio{link="x"}', ["diemcau_icmp_loss_ratio{link}"]),
        ('diemcau_polls_total{result=~"ok|denied"}', ["diemcau_polls_total{result=denied}"]),
        ("diemcau:endpoints:count / diemcau:endpoints", ["diemcau:endpoints"]),
    ],
)
def test_what_there_is_not_is_found(expression, found):
    assert list(unknown(expression)) == found
