"""Signing in to the pages of staff: by a link that works once, then by a session in a cookie. Pages ask for a role.

The link shows a page with one button, so that a chat's preview of the link does not use it up.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Protocol, get_args

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.web.pages import page

COOKIE: Final = "tillwise_console"
HOME: Final = "/console"
SESSION_SECONDS: Final = 30 * 60
Role = Literal["compliance", "supervisor"]
ROLES: Final[tuple[str, ...]] = get_args(Role)


class Access(Protocol):
    """Keeps links and sessions; shipped on PostgreSQL."""

    async def enter(self, link: str, /) -> tuple[str, str] | None:
        """Use a link up: role and session. None: it is used, over, or none."""
        ...

    async def role(self, session: str, /) -> str | None: ...
    async def leave(self, session: str, /) -> None: ...


def needs(access: Access, *roles: Role) -> Any:
    """A dependency of a page: the role of whoever looks, one of `roles`. 401 without a session, 403 with another role."""

    async def role(request: Request) -> str:
        held = await access.role(request.cookies.get(COOKIE, ""))
        if held is None:
            raise HTTPException(401, "signed out")
        if held not in roles:
            raise HTTPException(403, "another role")
        return held

    return Depends(role)


def access_router(access: Access) -> APIRouter:
    """`/console/enter` (the link, then its button) and `/console/leave`."""
    router = APIRouter()

    @router.get("/console/enter")
    async def asked(key: str) -> HTMLResponse:
        return page("enter", key=key)

    @router.post("/console/enter")
    async def enter(request: Request, key: Annotated[str, Form()]) -> Response:
        entered = await access.enter(key)
        if entered is None:
            return page("signed_out", status=401, why="This link was used or is too old.")
        answer = RedirectResponse(HOME, 303)
        answer.set_cookie(
            COOKIE, entered[1], max_age=SESSION_SECONDS, path=HOME, httponly=True, samesite="strict",
            secure=_is_https(request),
        )  # fmt: skip
        return answer

    @router.post("/console/leave")
    async def leave(request: Request) -> Response:
        await access.leave(request.cookies.get(COOKIE, ""))
        answer = page("signed_out", why="You are signed out.")
        answer.delete_cookie(COOKIE, path=HOME)
        return answer

    return router


def _is_https(request: Request) -> bool:
    """Whether the browser came by HTTPS, also through a proxy that says so."""
    return "https" in {request.url.scheme, request.headers.get("x-forwarded-proto", "")}


async def told(request: Request, error: Exception) -> Response:
    """A refused page in words; other errors are answered as FastAPI does."""
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for it alone
    if request.url.path.startswith(HOME) and error.status_code in {401, 403}:
        why = "Please sign in." if error.status_code == 401 else "Your role has no access to this page."
        return page("signed_out", status=error.status_code, why=why)
    return await http_exception_handler(request, error)
