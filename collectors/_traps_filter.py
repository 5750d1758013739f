"""The gate before the decoder: who may send traps, in whose name, and how many. It costs microseconds a datagram."""

from __future__ import annotations

from collections.abc import Iterable

from agent.model import TrapSettings
from collectors._traps_header import Header, read_header
from collectors._traps_kinds import Drop

LARGEST = 1472  # bytes: one Ethernet frame's, as RFC 3417, 3.2, recommends; more takes the decoder too long


class TrapFilter:
    """Judges datagrams by sender, size, header, credentials and rate, in this order.

    What is wrong by itself uses up nothing of its sender's rate, so a forger without the community cannot silence the
    device in whose name he sends.
    """

    def __init__(self, settings: TrapSettings, senders: Iterable[str]) -> None:
        self._senders = frozenset(senders)
        self._communities = {one.community.reveal().encode() for one in settings.credentials if one.community}
        self._users = {one.user.encode() for one in settings.credentials if one.user}
        self._spacing_s = 1 / settings.rate_per_s
        self._slack_s = (settings.burst - 1) * self._spacing_s
        self._due_s: dict[str, float] = {}

    def judge(self, datagram: bytes, sender: str, now_s: float) -> Header | Drop:
        """Return the header of a datagram worth decoding, else why it is dropped. `now_s` is monotonic."""
        if sender not in self._senders:
            return Drop.UNKNOWN_SENDER
        if len(datagram) > LARGEST:
            return Drop.MALFORMED
        try:
            header = read_header(datagram)
        except ValueError:
            return Drop.MALFORMED
        return self._refused(header) or self._limited(sender, now_s) or header

    def _refused(self, header: Header) -> Drop | None:
        if header.version != "3":
            return None if header.community in self._communities else Drop.WRONG_COMMUNITY
        asks_who_we_are = not header.engine_id  # in whatever user's name: RFC 3414, 4
        return None if self._users and (asks_who_we_are or header.user in self._users) else Drop.WRONG_USER

    def _limited(self, sender: str, now_s: float) -> Drop | None:
        """Take a token of the sender's bucket: `due_s` is when the bucket would be full again."""
        due_s = max(self._due_s.get(sender, now_s), now_s)
        if due_s - now_s > self._slack_s:
            return Drop.LIMITED
        self._due_s[sender] = due_s + self._spacing_s
        return None
