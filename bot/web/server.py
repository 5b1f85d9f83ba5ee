"""A web server for the span of a block, within a program that handles signals itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """uvicorn without signal handlers; `before_stop` ends what would keep connections open."""

    def __init__(self, config: uvicorn.Config, before_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_stop = before_stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End open waits, then stop as uvicorn does."""
        self._before_stop()
        await super().shutdown(sockets)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes any free port. Raises `OSError` that names it when it cannot be had.

    Its protocol is named, since asyncio switches Nagle's algorithm off only where it is: without, answers written in two
    parts wait 40 ms for the client's delayed acknowledgement.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        return _bound(socket.socket(family, kind, protocol), address)
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}:{port} ({error.strerror})") from error


def _bound(listening: socket.socket, address: Any) -> socket.socket:
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


@asynccontextmanager
async def serving(
    app: ASGIApp, host: str = "127.0.0.1", port: int = 0, *, before_stop: Callable[[], None] = lambda: None
) -> AsyncIterator[str]:
    """Serve `app` for the span of the block; gives its base URL. Errors as in `listening_socket`."""
    listening = listening_socket(host, port)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, ws="none", timeout_keep_alive=75, timeout_graceful_shutdown=5
    )
    server = _Server(config, before_stop)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.005)
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
