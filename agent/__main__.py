"""`python -m agent`: the same as the `diemcau` command."""

from agent.cli import main

main()
