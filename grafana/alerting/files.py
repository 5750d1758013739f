"""All files made from the table."""

from __future__ import annotations

from alerting.alertmanager import config_file
from alerting.grafana import grafana_files
from alerting.messages import template_file
from alerting.prometheus import rules_file


def files(runbooks: str = "") -> dict[str, str]:
    """Return every file's text by its path below grafana/.

    `runbooks` goes before the runbooks' paths: an address under which a checkout can be read, ending in "/".
    """
    return {
        "rules/diemcau.rules.yml": rules_file(runbooks),
        "rules/alertmanager.yml": config_file(),
        "rules/diemcau.tmpl": template_file(),
        **grafana_files(runbooks),
    }
