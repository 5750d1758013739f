"""The pen a dashboard is drawn with: one language, the names of its neighbours, the source of its figures."""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.models import dashboard

from texts import Language, Text

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes in one language."""

    language: Language

    def __call__(self, text: Text) -> str:
        """Return the words."""
        return text.of(self.language)

    def uid(self, board: str) -> str:
        """Return a dashboard's uid, the same for ever: links and bookmarks hold it."""
        return f"diemcau-{board}" if self.language == "vi" else f"diemcau-{board}-{self.language}"

    def way(self, board: str, **variables: str) -> str:
        """Return the address of another dashboard that keeps the time and the data source and sets `variables`."""
        own = "".join(f"&var-{name}={value}" for name, value in variables.items())
        return f"/d/{self.uid(board)}?${{__url_time_range}}&${{datasource:queryparam}}{own}"
