"""Telegram, incoming: each update becomes an event, and is acknowledged once its turn is committed."""
