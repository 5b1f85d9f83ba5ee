"""Signing in to the pages of staff: by a link that works once, then by a session in a cookie. Pages ask for a role.

The link shows a page with one button, so that a chat's preview of the link does not use it up.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal, Protocol, get_args

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.conversation.visitors import Visitor
from bot.texts.texts import Texts
from bot.web.pages import page
from bot.web.words import Words, words_for

COOKIE: Final = "tillwise_console"
Role = Literal["compliance", "supervisor"]
ROLES: Final[tuple[str, ...]] = get_args(Role)
HOMES: Final = {"compliance": "/console", "supervisor": "/desk"}
"""The page that each role comes to."""


class Access(Protocol):
    """Keeps links and sessions; shipped on PostgreSQL."""

    async def enter(self, link: str, /) -> tuple[Visitor, str] | None:
        """Use a link up: the visitor and a session. None: it is used, over, or none."""
        ...

    async def visitor(self, session: str, /) -> Visitor | None:
        """Whose session this is. None: it is over, or none."""
        ...

    async def leave(self, session: str, /) -> None: ...


def session_of(request: Request) -> str:
    """The session that a browser shows; empty where it shows none."""
    return request.cookies.get(COOKIE, "")


def needs(access: Access, *roles: Role) -> Any:
    """A dependency of a page: who looks, in one of `roles`. 401 without a session, 403 in another role."""

    async def visitor(request: Request) -> Visitor:
        held = await access.visitor(session_of(request))
        if held is None:
            raise HTTPException(401, "signed out")
        if held.role not in roles:
            raise HTTPException(403, "another role")
        return held

    return Depends(visitor)


def form_token(request: Request) -> str:
    """What a form of a page must bring back: nobody can know it who does not have the session."""
    return hmac.new(session_of(request).encode(), b"form", hashlib.sha256).hexdigest()


async def _own_form(request: Request, token: Annotated[str, Form(max_length=200)] = "") -> None:
    if not hmac.compare_digest(token, form_token(request)):
        raise HTTPException(403, "another form")


own_form: Final[Any] = Depends(_own_form)
"""A dependency of what a form does: 403 where it does not come from a page of the same session."""


def words_of(request: Request, texts: Texts, language: str | None = None) -> Words:
    """The words for whoever makes a request."""
    return words_for(texts, language, request.headers.get("accept-language", ""))


def access_router(access: Access, texts: Callable[[], Texts]) -> APIRouter:
    """`/console/enter` (the link, then its button) and `/console/leave`."""
    router = APIRouter()

    @router.get("/console/enter")
    async def asked(request: Request, key: str, lang: str | None = None) -> HTMLResponse:
        return page("enter", say=words_of(request, texts(), lang), key=key)

    @router.post("/console/enter")
    async def enter(
        request: Request, key: Annotated[str, Form()], lang: Annotated[str | None, Form()] = None
    ) -> Response:
        entered = await access.enter(key)
        if entered is None:
            return page("signed_out", status=401, say=words_of(request, texts(), lang), why="console.link_used")
        visitor, session = entered
        answer = RedirectResponse(HOMES[visitor.role], 303)
        answer.set_cookie(COOKIE, session, path="/", httponly=True, samesite="strict", secure=_is_https(request))
        return answer

    @router.post("/console/leave")
    async def leave(request: Request) -> Response:
        await access.leave(session_of(request))
        answer = page("signed_out", say=words_of(request, texts()), why="console.signed_out")
        answer.delete_cookie(COOKIE, path="/")
        return answer

    return router


def _is_https(request: Request) -> bool:
    """Whether the browser came by HTTPS, also through a proxy that says so."""
    return "https" in {request.url.scheme, request.headers.get("x-forwarded-proto", "")}


def refusals(texts: Callable[[], Texts]) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Tells a refused page in words; other errors are answered as FastAPI does."""

    async def told(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- registered for it alone
        ours = request.url.path.startswith(tuple(HOMES.values()))
        if ours and error.status_code in {401, 403}:
            why = "console.sign_in" if error.status_code == 401 else "console.no_access"
            return page("signed_out", status=error.status_code, say=words_of(request, texts()), why=why)
        return await http_exception_handler(request, error)

    return told
