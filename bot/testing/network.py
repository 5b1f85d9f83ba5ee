"""Ports for servers that a test or a benchmark starts."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from typing import Final

_PORTS: Final = (20_000, 32_000)


def free_port() -> int:
    """A port of this machine's loopback that nobody listens on just now.

    Linux never gives one from this range to an outgoing connection, so that it is still free when a process that was
    killed starts again.
    """
    while True:
        port = random.randrange(*_PORTS)  # noqa: S311 -- any will do
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
