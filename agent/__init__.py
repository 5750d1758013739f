"""The agent: configuration, schedule, state and verdicts of the province's videoconference network."""

__version__ = "0.1.0"
