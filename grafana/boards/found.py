"""What follows from a choice, so that panels ask for few series by plain matchers; and districts to choose from."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.dashboard import VariableOption

from boards import variables
from boards.pen import Pen

EVERYTHING = VariableOption(selected=True, text="All", value="$__all")
ENDPOINT = 'diemcau_endpoint_info{endpoint="$endpoint"}'


def districts(pen: Pen) -> build.QueryVariable:
    """Choose districts, all of them at first: the endpoint a link leads to may be of any, or of none.

    It is not called `district`: its "all" would go along to the dashboard of one district.
    """
    return variables.district(pen).name("districts").multi(True).include_all(True).all_value(".*").current(EVERYTHING)


def endpoint(pen: Pen) -> build.QueryVariable:
    """Choose an endpoint of these districts. Not `${districts:regex}`: it writes an id's dot as PromQL refuses it."""
    return variables.endpoint(pen, '{district=~"$districts"}')


def sites(pen: Pen) -> build.QueryVariable:
    """Look up the sites of the district."""
    found = variables.hidden(pen, "sites", 'diemcau_site_info{district="$district"}', "site")
    return found.multi(True).include_all(True).current(EVERYTHING)


def site(pen: Pen) -> build.QueryVariable:
    """Look up the endpoint's site."""
    return variables.hidden(pen, "site", ENDPOINT, "site")


def home(pen: Pen) -> build.QueryVariable:
    """Look up the endpoint's district; nothing for the province's own rooms."""
    return variables.hidden(pen, "home", ENDPOINT, "district")
