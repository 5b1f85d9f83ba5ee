"""HTTP towards the Bot API: connections are kept, given up and replaced, whatever the server does with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.gateways.telegram.http import ConnectionFailed, Direct, Proxied
from tests.integration.telegram.telegram_double import until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Counts connections and requests; `answers` are sent in turn, the last one again and again."""

    def __init__(self, *answers: bytes, silent: bool = False, closes: bool = False) -> None:
        self.connections = 0
        self.open = 0
        self.most_at_once = 0
        self.requests: list[bytes] = []
        self.answers = list(answers) or [OK]
        self.silent = silent
        self.closes = closes
        self.base = ""
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) and not self.silent:
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                self.most_at_once = max(self.most_at_once, self.open)
                await self.go_on.wait()
                writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
                await writer.drain()
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def serving(server: Server, most: int = 10) -> AsyncIterator[Direct]:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        host, port = listening.sockets[0].getsockname()[:2]
        server.base = f"http://{host}:{port}"
        http = Direct(server.base, most)
        try:
            yield http
        finally:
            await http.close()
            await until(lambda: server.open == 0)


async def test_a_call_is_a_post_of_json_and_its_connection_serves_the_next_one() -> None:
    server = Server()
    async with serving(server) as http:
        assert await http.post("/bot1:x/getMe", b"{}") == (200, b"ok")
        assert await http.post("/bot1:x/getMe", b"{}") == (200, b"ok")

        assert server.connections == 1
        assert server.requests[0].startswith(b"POST /bot1:x/getMe HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"\r\nContent-Type: application/json\r\n" in server.requests[0]


async def test_a_path_of_the_server_stands_before_that_of_the_call() -> None:
    server = Server()
    async with serving(server):
        http = Direct(server.base + "/api/", 1)
        await http.post("/bot1:x/getMe", b"{}")
        await http.close()

        assert server.requests[0].startswith(b"POST /api/bot1:x/getMe ")


async def test_an_answer_in_chunks_is_put_together() -> None:
    async with serving(
        Server(b"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n1\r\n!\r\n0\r\n\r\n")
    ) as http:
        assert await http.post("/x", b"{}") == (502, b"no!")
        assert await http.post("/x", b"{}") == (502, b"no!")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
)
async def test_a_connection_that_the_server_will_not_keep_is_not_used_again(answer: bytes) -> None:
    server = Server(answer)
    async with serving(server) as http:
        await http.post("/x", b"{}")
        await http.post("/x", b"{}")

        assert server.connections == 2


async def test_a_connection_closed_while_idle_is_replaced() -> None:
    server = Server(closes=True)
    async with serving(server) as http:
        await http.post("/x", b"{}")
        await until(lambda: not http._all)

        assert await http.post("/x", b"{}") == (200, b"ok")
        assert server.connections == 2


async def test_at_most_so_many_calls_run_at_once_and_the_others_follow() -> None:
    server = Server()
    server.go_on.clear()
    async with serving(server, most=3) as http:
        calls = [asyncio.create_task(http.post("/x", b"{}")) for _ in range(10)]
        await until(lambda: len(server.requests) == 3)
        server.go_on.set()

        assert await asyncio.gather(*calls) == [(200, b"ok")] * 10
        assert server.most_at_once == server.connections == 3


async def test_an_answer_to_a_call_that_was_given_up_is_nobody_elses() -> None:
    server = Server(OK.replace(b"ok", b"1."), OK.replace(b"ok", b"2."))
    server.go_on.clear()
    async with serving(server) as http:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(http.post("/x", b"{}"), 0.05)
        server.go_on.set()

        assert await http.post("/x", b"{}") == (200, b"2.")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"+OK POP3 server ready\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02P",
    ],
)
async def test_what_is_no_answer_fails_and_takes_the_connection_with_it(answer: bytes) -> None:
    server = Server(answer, OK, closes=True)
    async with serving(server) as http:
        with pytest.raises(ConnectionFailed):
            await http.post("/bot1:secret/x", b"{}")

        assert (await http.post("/x", b"{}"))[0] == 200


async def test_closing_ends_calls_under_way() -> None:
    server = Server(silent=True)
    async with serving(server) as http:
        call = asyncio.create_task(http.post("/x", b"{}"))
        await until(lambda: server.connections == 1)
        await http.close()

        with pytest.raises(ConnectionFailed):
            await call


async def test_a_proxy_is_asked_with_the_whole_address() -> None:
    seen: list[str] = []

    async def forward(request: web.Request) -> web.Response:
        seen.append(str(request.url))
        return web.Response(body=await request.read(), status=404)

    runner = web.ServerRunner(web.Server(forward))  # type: ignore[arg-type]  # it is handed a plain request
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    http = Proxied("http://telegram.invalid", 1, f"http://{host}:{port}")
    try:
        assert await http.post("/bot1:x/getMe", b"{}") == (404, b"{}")
        assert seen == ["http://telegram.invalid/bot1:x/getMe"]
    finally:
        await http.close()
        await runner.cleanup()


async def test_a_proxy_that_is_not_there_is_a_failed_connection() -> None:
    http = Proxied("http://telegram.invalid", 1, "http://127.0.0.1:9")
    try:
        with pytest.raises(ConnectionFailed):
            await http.post("/x", b"{}")
    finally:
        await http.close()
