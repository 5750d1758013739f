"""Templates of messages, the same for Alertmanager and Grafana: what an annotation says, told once.

Grafana fills environment variables into them, so they do without `$`.
"""

from __future__ import annotations

from dataclasses import dataclass

from texts import LANGUAGES, Language, Text

_ENDED = '{{ .EndsAt.Local.Format "15:04 02/01/2006" }}'

CRITICAL = Text("NGHIÊM TRỌNG", "CRITICAL")
WARNING = Text("Cảnh báo", "Warning")
OVER = Text("ĐÃ HẾT", "OVER")
OVER_SINCE = Text(f"hết lúc {_ENDED}", f"over at {_ENDED}")
AND_MORE = Text("và cảnh báo khác, tổng số", "and others, in all")
RUNBOOK = Text("Hướng dẫn xử lý", "Runbook")


@dataclass(frozen=True, slots=True)
class _Writer:
    language: Language

    def __call__(self, text: Text) -> str:
        return text.of(self.language)

    def said(self, annotation: str) -> str:
        suffix = "" if self.language == "vi" else f"_{self.language}"
        return f"{{{{ .Annotations.{annotation}{suffix} }}}}"

    def define(self, name: str, body: str) -> str:
        return f'{{{{ define "diemcau.{self.language}.{name}" }}}}{body}{{{{ end }}}}\n'

    @property
    def grave(self) -> str:
        """Return the word for how bad an alert is."""
        return f'{{{{ if eq .Labels.severity "critical" }}}}{self(CRITICAL)}{{{{ else }}}}{self(WARNING)}{{{{ end }}}}'


def template_file() -> str:
    """Return all templates of both languages."""
    head = "{{/* Made by grafana/build.py; not edited by hand. Vietnamese: diemcau.vi.*, English: diemcau.en.* */}}\n"
    return head + "\n".join("".join(_templates(_Writer(language))) for language in LANGUAGES)


def _templates(write: _Writer) -> tuple[str, ...]:
    return (
        write.define("sms", _lines(write.said("summary"), f"{write(OVER)}: {write.said('summary')}")),
        write.define("text", _lines(_firing_text(write), _over_text(write))),
        write.define("subject", _subject(write)),
        write.define("html", _html(write)),
    )


def _lines(firing: str, over: str) -> str:
    """Write an alert a line. What an outage became is told, what it was before is not: both are one group."""
    return (
        f"{{{{ range .Alerts.Firing }}}}{firing}\n{{{{ end }}}}"
        "{{ if not (and .Alerts.Firing .GroupLabels.first) }}"
        f"{{{{ range .Alerts.Resolved }}}}{over}\n{{{{ end }}}}{{{{ end }}}}"
    )


def _firing_text(write: _Writer) -> str:
    return (
        f"{write.grave}: {write.said('summary')}\n{write.said('description')}"
        f"{{{{ if .Annotations.runbook_url }}}}\n{write(RUNBOOK)}: {{{{ .Annotations.runbook_url }}}}{{{{ end }}}}"
    )


def _over_text(write: _Writer) -> str:
    return f"{write(OVER)}: {write.said('summary')} ({write(OVER_SINCE)})"


def _subject(write: _Writer) -> str:
    """Name the first alert, and how many there are."""
    firing = f"{{{{ with index .Alerts.Firing 0 }}}}[{write.grave}] {write.said('summary')}{{{{ end }}}}"
    over = f"{{{{ with index .Alerts.Resolved 0 }}}}[{write(OVER)}] {write.said('summary')}{{{{ end }}}}"
    several = "and (gt (len .Alerts) 1) (not .GroupLabels.first)"
    more = f"{{{{ if {several} }}}} ({write(AND_MORE)} {{{{ len .Alerts }}}}){{{{ end }}}}"
    return f"{{{{ if .Alerts.Firing }}}}{firing}{{{{ else }}}}{over}{{{{ end }}}}{more}"


def _html(write: _Writer) -> str:
    link = f"<p>{write(RUNBOOK)}: {{{{ .Annotations.runbook_url }}}}</p>"
    firing = (
        f"<h3>{write.grave}: {write.said('summary')}</h3><p>{write.said('description')}</p>"
        f"{{{{ if .Annotations.runbook_url }}}}{link}{{{{ end }}}}"
    )
    over = f"<h3>{write(OVER)}: {write.said('summary')}</h3><p>{write(OVER_SINCE)}</p>"
    return f'<!doctype html>\n<html lang="{write.language}"><body>\n{_lines(firing, over)}</body></html>'
