"""The Prometheus exporters' web configuration file (exporter-toolkit's format): TLS, and users with bcrypt hashes.

What of that format the agent does not offer (cipher lists, curves, headers) is refused rather than ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from agent import _config_units as units
from agent._config_document import Document
from agent._config_faults import Faults
from agent._config_schema import Section, Text, like, one_of
from agent.model import Secret
from agent.settings import WebSecurity

CLIENT_AUTH = {"NoClientCert": False, "RequireAndVerifyClientCert": True}
_BCRYPT = re.compile(r"\$2[abxy]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}", re.ASCII)


def _hash(value: object) -> Secret:
    if not _BCRYPT.fullmatch(units.text(value)):
        raise ValueError("is no bcrypt hash; write what `htpasswd -nBC 10 NAME` prints after the colon")
    return Secret(units.text(value))


class TlsSection(Section):
    """`tls_server_config:`."""

    cert_file: Text = like("server.crt")
    key_file: Text = like("server.key")
    client_auth_type: Annotated[str, one_of(CLIENT_AUTH, "client_auth_types offered")] = "NoClientCert"
    client_ca_file: Text | None = None
    min_version: Annotated[str, one_of(("TLS12", "TLS13"), "versions")] = "TLS12"


class HttpSection(Section):
    """`http_server_config:`; the agent speaks HTTP/1.1 whatever `http2` says, as clients can always do."""

    http2: Annotated[str, one_of(("true", "false"), "values")] = "true"


class WebFile(Section):
    """The whole file."""

    tls_server_config: Any = None
    http_server_config: HttpSection | None = None
    basic_auth_users: dict[str, Annotated[Secret, BeforeValidator(_hash)]] = Field(default_factory=dict)


def read_web(path: Path, faults: Faults, environ: Mapping[str, str]) -> WebSecurity:
    """Return what a web configuration file says; with faults, an empty one. Relative paths lie beside the file."""
    document = Document(path, faults, environ)
    web = document.read(WebFile, document.data, ()) if document.data is not None else None
    users = web.value.basic_auth_users if web else {}
    written = web.value.tls_server_config if web else None
    row = document.read(TlsSection, written, ("tls_server_config",)) if written is not None else None
    if row is None:
        return WebSecurity(users=users)
    tls = row.value
    require = CLIENT_AUTH[tls.client_auth_type]
    if require and not tls.client_ca_file and "client_ca_file" not in row.replaced:
        _fault(document, "client_auth_type", "needs a `client_ca_file` to verify clients with; write it")
    return WebSecurity(
        cert_file=_file(document, "cert_file", tls.cert_file),
        key_file=_file(document, "key_file", tls.key_file),
        client_ca_file=_file(document, "client_ca_file", tls.client_ca_file),
        require_client_cert=require,
        users=users,
        min_version=tls.min_version,
    )


def _fault(document: Document, key: str, text: str) -> None:
    document.fault(("tls_server_config", key), text)


def _file(document: Document, key: str, written: Any) -> Path | None:
    if written is None:
        return None
    path = document.path.parent / str(written)
    try:
        with path.open("rb"):
            return path
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no path"
        _fault(document, key, f"{{value}} cannot be read ({why}); write a PEM file's path")
        return path
