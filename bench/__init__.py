"""What a turn costs: the bot under load next to a stock aiogram echo bot. Run by `make bench`; read `docs/performance.md`."""
