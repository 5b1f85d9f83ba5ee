"""Telegram, outgoing: the Bot API client, rendering, rate limits and the sender."""
