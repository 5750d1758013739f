"""The simulated devices' SNMP side: a process that answers for every router and codec."""
