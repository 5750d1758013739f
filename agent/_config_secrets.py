"""`${NAME}` and `${file:PATH}` in a text: the environment's value, a file's first line. No error shows a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

_REFERENCE = re.compile(r"(\$?)\$\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_MOST = 64 * 1024  # bytes of a secret's file that are looked at: it may be a pipe without end


def expand(text: str, environ: Mapping[str, str], folder: Path, used: Callable[[str], None]) -> str:
    """Return the text with its references filled in; each value is told to `used`.

    `$${` stands for a plain `${`. Relative paths lie beside the configuration, in `folder`.

    Raises ValueError saying which variable or file is missing.
    """

    def fill(match: re.Match[str]) -> str:
        escaped, inside = match.groups()
        if escaped:
            return match[0][1:]
        value = _value(inside, environ, folder)
        used(value)
        return value

    return _REFERENCE.sub(fill, text)


def _value(inside: str, environ: Mapping[str, str], folder: Path) -> str:
    if inside.startswith("file:") and inside != "file:":
        return _first_line(inside.removeprefix("file:"), folder)
    if not _NAME.fullmatch(inside):
        raise ValueError(
            "holds a `${…}` that is no reference; write `${NAME}`, `${file:PATH}`, or `$${` for plain text"
        )
    if not environ.get(inside):
        state = "empty" if inside in environ else "not set"
        raise ValueError(f"the environment variable `{inside}` is {state}; set it before starting the agent")
    return environ[inside]


def _first_line(path: str, folder: Path) -> str:
    try:
        with (folder / path).open("rb") as file:
            line = file.readline(_MOST).decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no UTF-8 text"
        raise ValueError(f"the file `{path}` cannot be read ({why}); write the secret into its first line") from None
    if not line:
        raise ValueError(f"the file `{path}` has an empty first line; write the secret into it")
    return line
