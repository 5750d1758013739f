"""What can go wrong with the journal's file, in sentences that say what would be right."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

LITTLE_BYTES = 256 << 10  # with less room than this SQLite can't work

_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST})
_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Refused(Exception):
    """The file is sound, but not for this agent to write; the text says why and what would be right."""


def is_damaged(error: sqlite3.Error) -> bool:
    """Say whether the file itself is ruined."""
    return _code(error) in _DAMAGED


def explain(error: Exception, path: Path) -> str:
    """Say in a sentence what is wrong with the file at `path` and what would be right."""
    if isinstance(error, Refused):
        return str(error)
    code = _code(error) if isinstance(error, sqlite3.Error) else None
    number = error.errno if isinstance(error, OSError) else None
    if code == sqlite3.SQLITE_FULL or number == errno.ENOSPC or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
        return f"the disk of {path} is full; free some space on it"
    if code in _READ_ONLY or number in _NO_RIGHT:
        return f"cannot write {path}: {error}; make the folder writable for this user or set agent.state_dir"
    if code in _LOCKED:
        return f"{path} is locked by another program; end that program"
    if code == sqlite3.SQLITE_IOERR:
        return f"the disk of {path} fails: {error}; see the system's log"
    return f"cannot write {path}: {error}"


def _code(error: sqlite3.Error) -> int | None:
    """Return the primary result code; some errors of the library itself have none."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _is_full(path: Path) -> bool:
    """Say whether there is too little room beside `path`; the file that maps the -wal is not told so by its error."""
    try:
        room = os.statvfs(path.parent)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < LITTLE_BYTES
