"""What the journal holds in memory: an account of each target's time, and what waits to be written. No I/O.

Times are microseconds since 1970, UTC. A clock that was set back never counts a moment twice: what comes before an
account's `since` is taken to be at `since`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent._journal_rows import Key, SpanRow, micros, moment, span_row
from agent.history import Maintenance, Outage
from agent.model import Change, State

MOST_SPANS = 200_000  # kept while they can't be written: about 40 MB


@dataclass(frozen=True, slots=True)
class Followed:
    """From a moment on, exactly these targets are watched."""

    targets: frozenset[Key]
    at: datetime


Event = Change | Outage | Maintenance | Followed


@dataclass(slots=True)
class Account:
    """A target's state and root since a moment, and what it spent in each state before; `began` is its start here."""

    since: int
    began: int
    state: State = State.UNKNOWN
    root: str = ""
    spent: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))


@dataclass(frozen=True, slots=True)
class Counted:
    """Accounts up to `seen`, of targets that changed: the state each is in, since when, and the times before."""

    seen: int
    accounts: Mapping[Key, tuple[State, int, Mapping[State, int]]]


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier run left in the file, and its last sign of life."""

    accounts: Mapping[Key, Account]
    outages: tuple[Outage, ...]
    windows: tuple[Maintenance, ...]
    seen: int


class Books:
    """Every account, the outages that are open, the windows that are not over, and what of all is not written yet."""

    def __init__(self) -> None:
        self.accounts: dict[Key, Account] = {}
        self.outages: dict[str, Outage] = {}
        self.windows: dict[str, Maintenance] = {}
        self.spans: deque[SpanRow] = deque(maxlen=MOST_SPANS)
        self.dropped = 0  # spans that found no room
        self.touched: set[Key] = set()  # accounts that are not in the file as they are here; gone ones too
        self.told: set[str] = set()  # outages, as above
        self.planned: set[str] = set()  # windows, as above
        self._following = False

    def absorb(self, events: Iterable[Event]) -> None:
        """Take what happened, in order."""
        for event in events:
            match event:
                case Change():
                    self._change(event)
                case Outage():
                    self.outages[event.id] = event
                    self.told.add(event.id)
                case Maintenance():
                    self.windows[event.id] = event
                    self.planned.add(event.id)
                case Followed():
                    self._follow(event.targets, micros(event.at))

    def resume(self, before: Before) -> None:
        """Go on from where an earlier run stopped: what it held counts up to its last sign of life, unknown from there.

        Where the file could not be read at this run's start, its accounts join those that were begun without it, and
        the outages it had left open end there: nobody has followed them since.
        """
        mine, self.accounts = self.accounts, dict(before.accounts)
        for key in before.accounts:
            self._turn(key, State.UNKNOWN, "", before.seen)
        for key, account in mine.items():
            self._join(key, account)
        if self._following:
            self._drop(before.accounts.keys() - mine.keys(), before.seen)
        for outage in before.outages:
            if self._following and outage.id not in self.outages:
                self.told.add(outage.id)
                self.outages[outage.id] = replace(outage, ended=max(outage.started, moment(before.seen)))
            self.outages.setdefault(outage.id, outage)
        for window in before.windows:
            self.windows.setdefault(window.id, window)

    def seconds(self, at: int) -> dict[Key, dict[State, float]]:
        """Return every target's seconds per state up to a moment."""
        return {key: _seconds(account, at) for key, account in self.accounts.items()}

    def counted(self, seen: int, keys: Iterable[Key]) -> Counted:
        """Return copies of some accounts."""
        held = ((key, self.accounts[key]) for key in keys if key in self.accounts)
        return Counted(seen, {key: (one.state, one.since, dict(one.spent)) for key, one in held})

    def owe_all(self) -> None:
        """Count all that is held as not written: the file is a new one."""
        self.touched |= self.accounts.keys()
        self.told |= self.outages.keys()
        self.planned |= self.windows.keys()

    @property
    def waiting(self) -> dict[str, int]:
        """How much is not written yet, by what it is."""
        return {"outages": len(self.told), "spans": len(self.spans)}

    def written(self, at: int) -> None:
        """Count all as written, and forget what is over at `at`."""
        self.spans.clear()
        for waiting in (self.touched, self.told, self.planned):
            waiting.clear()
        self.outages = {id_: outage for id_, outage in self.outages.items() if outage.ended is None}
        self.windows = {id_: window for id_, window in self.windows.items() if micros(window.end) > at}

    def _change(self, change: Change) -> None:
        """Turn an account. What the board held without saying so (a new record) is believed since it says it did."""
        key = (change.kind, change.target)
        if key in self.accounts:
            self._turn(key, change.old.state, change.old.root, micros(change.old.since))
            self._turn(key, change.new.state, change.new.root, micros(change.at))

    def _follow(self, targets: frozenset[Key], at: int) -> None:
        self._following = True
        self._drop(self.accounts.keys() - targets, at)
        for key in targets - self.accounts.keys():
            self.accounts[key] = Account(since=at, began=at)
            self.touched.add(key)

    def _turn(self, key: Key, state: State, root: str, at: int) -> None:
        account = self.accounts[key]
        if (account.state, account.root) != (state, root):
            self._close(key, account, at)
            account.state, account.root = state, root

    def _close(self, key: Key, account: Account, at: int) -> None:
        """End the stretch an account is in; one without length is none."""
        self.touched.add(key)
        if at <= account.since:
            return
        self.dropped += len(self.spans) == MOST_SPANS
        self.spans.append(span_row(key, account.state, account.root, account.since, at))
        account.spent[account.state] += at - account.since
        account.since = at

    def _join(self, key: Key, account: Account) -> None:
        """Put an account of this run behind what an earlier run left of the same target."""
        if key in self.accounts:
            earlier = self.accounts[key]
            self._close(key, earlier, account.began)
            for state, spent in earlier.spent.items():
                account.spent[state] += spent
        self.accounts[key] = account
        self.touched.add(key)

    def _drop(self, keys: Iterable[Key], at: int) -> None:
        for key in keys:
            self._close(key, self.accounts.pop(key), at)


def _seconds(account: Account, at: int) -> dict[State, float]:
    lasting = max(at - account.since, 0)
    return {state: (spent + (lasting if state is account.state else 0)) / 1e6 for state, spent in account.spent.items()}
