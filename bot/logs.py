"""Logs: one line an event, for people or as JSON. Never what a customer wrote, never a token."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Final, Literal

import structlog

CHATTY: Final[Mapping[str, int]] = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "aiogram.event": logging.WARNING,
    "procrastinate": logging.ERROR,
    "uvicorn.access": logging.WARNING,
}
"""Libraries that say too much: httpx logs whole URLs, and Telegram's hold the token."""


def configure(form: Literal["text", "json"], least: int = logging.INFO) -> None:
    """Send all logs from the level `least` on to standard error, our own and those of libraries in the same form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Tracebacks without the values of local variables: these may be personal.
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for chatty, level in CHATTY.items():
        logging.getLogger(chatty).setLevel(level)
