"""Exporters: each only renders what the agent holds."""
