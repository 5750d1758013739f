"""Collectors: each asks one device one kind of question and returns a reading, or raises."""

from collectors._icmp_socket import NoIcmpRight
from collectors.icmp import Pinger
from collectors.snmp import SnmpPoller
from collectors.traps import NoTrapPort, TrapReceiver

__all__ = ["COLLECTORS", "NoIcmpRight", "NoTrapPort", "Pinger", "SnmpPoller", "TrapReceiver"]

COLLECTORS = {"snmp": SnmpPoller}
