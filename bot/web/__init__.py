"""HTTP: webhooks in, health and metrics, the console."""
