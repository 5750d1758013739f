"""What a reader chooses at the top of a dashboard. Choices are shown by their names and held by their ids."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableRefresh, VariableSort

from boards.pen import SOURCE, Pen
from texts import Text


def source(pen: Pen) -> build.DatasourceVariable:
    """Choose the Prometheus to ask."""
    return build.DatasourceVariable("datasource").label(pen(Text("Nguồn dữ liệu", "Data source"))).type("prometheus")


def district(pen: Pen) -> build.QueryVariable:
    """Choose a district by its name."""
    asked = 'query_result(group by (name, site) (diemcau_site_info{level="district"}))'
    return _named(pen, "district", Text("Huyện", "District"), asked, r'/name="(?<text>[^"]+)".*site="(?<value>[^"]+)"/')


def endpoint(pen: Pen, within: str = "") -> build.QueryVariable:
    """Choose an endpoint by its name; `within` is a selector of its series."""
    asked = f"query_result(group by (endpoint, name) (diemcau_endpoint_info{within}))"
    title = Text("Điểm cầu", "Site")
    return _named(pen, "endpoint", title, asked, r'/endpoint="(?<value>[^"]+)".*name="(?<text>[^"]+)"/')


def link(pen: Pen) -> build.QueryVariable:
    """Choose a link by its name, and its id: a line and its spare have the same name."""
    named = 'label_join(group by (link, name) (diemcau_link_info), "text", " · ", "name", "link")'
    title = Text("Đường truyền", "Link")
    return _named(pen, "link", title, f"query_result({named})", r'/link="(?<value>[^"]+)".*text="(?<text>[^"]+)"/')


def agent(pen: Pen) -> build.QueryVariable:
    """Choose among agents by where they are scraped; all of them at first."""
    named = 'label_join(group by (agent, instance) (diemcau_build_info), "text", " · ", "agent", "instance")'
    title, regex = Text("Máy giám sát", "Agent"), r'/instance="(?<value>[^"]+)".*text="(?<text>[^"]+)"/'
    asked = _named(pen, "instance", title, f"query_result({named})", regex)
    return asked.multi(True).include_all(True).all_value(".*")


def hidden(pen: Pen, name: str, series: str, label: str) -> build.QueryVariable:
    """Look up what follows from a choice, so that expressions read only series of it: a label's value."""
    asked = f"label_values({series}, {label})"
    return _named(pen, name, Text(name, name), asked, "").hide(VariableHide.HIDE_VARIABLE)


def meeting(pen: Pen) -> build.QueryVariable:
    """Choose a meeting; all of them at first."""
    asked = "query_result(group by (meeting) (diemcau_meeting_start_timestamp_seconds))"
    return (
        _named(pen, "meeting", Text("Cuộc họp", "Meeting"), asked, r'/meeting="(?<value>[^"]+)"/')
        .multi(True)
        .include_all(True)
        .all_value(".*")
    )


def _named(pen: Pen, name: str, title: Text, asked: str, regex: str) -> build.QueryVariable:
    return (
        build.QueryVariable(name)
        .label(pen(title))
        .datasource(SOURCE)
        .query({"query": asked, "refId": "StandardVariableQuery"})
        .regex(regex)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(False)
    )
