"""Collectors: each asks one device one kind of question and returns a reading, or raises."""

from collectors._icmp_socket import NoIcmpRight
from collectors.icmp import Pinger
from collectors.snmp import SnmpPoller

__all__ = ["COLLECTORS", "NoIcmpRight", "Pinger", "SnmpPoller"]

COLLECTORS = {"snmp": SnmpPoller}
