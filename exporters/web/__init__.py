"""The agent's face on HTTP: metrics, health, the API and the pages."""
