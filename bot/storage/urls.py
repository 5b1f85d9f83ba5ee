"""The URL of a database, checked; and how it is told that one cannot be reached, without repeating its URL."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.core.errors import SettingsError


def engine_url(url: str) -> URL:
    """The URL for SQLAlchemy over asyncpg. Raises `SettingsError` when it is not a PostgreSQL URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("BOT_DATABASE_URL is not a URL like postgresql://user@host/database") from None
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise SettingsError("BOT_DATABASE_URL must name a PostgreSQL database: postgresql://user@host/database")
    return parsed.set(drivername="postgresql+asyncpg")


def unreachable(error: BaseException) -> SettingsError:
    """The error to raise when a connection failed by `error`; says nothing of the URL, which may hold a password."""
    return SettingsError(
        f"the database of BOT_DATABASE_URL cannot be reached ({type(error).__name__}):"
        " check host, port, user and database name"
    )
