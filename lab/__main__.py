"""The lab's two processes: `python -m lab wan` and `python -m lab snmp`. The lab starts them itself."""

from __future__ import annotations

import sys

from lab import process
from lab.snmp import server

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["wan"]:
            process.main()
        case ["snmp"]:
            server.main()
        case _:
            sys.exit("the lab starts this itself; see `diemcau demo` and `diemcau lab --help`")
