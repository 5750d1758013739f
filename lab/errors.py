"""What goes wrong with the lab, said for people."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what was asked; the text says why and what would be right."""
