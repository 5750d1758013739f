"""A simulated province that answers with real packets, to show and to test the agent on."""

from __future__ import annotations

from lab.errors import LabError
from lab.loopback import LoopbackLab
from lab.province import Lab
from lab.requirements import requirements

__all__ = ["Lab", "LabError", "LoopbackLab", "requirements"]
