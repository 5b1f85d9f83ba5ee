"""The pages of compliance staff: find a customer, read the story. Every look is audited by whoever reads it."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.conversation.story import CustomerStory
from bot.conversation.visitors import Visitor
from bot.web.access import Access, needs
from bot.web.pages import page


class Stories(Protocol):
    """Customers' stories; shipped on PostgreSQL."""

    async def find(self, named: str, /) -> int | None: ...
    async def read(self, customer: int, by: str, /) -> CustomerStory | None: ...


def compliance_router(access: Access, stories: Stories) -> APIRouter:
    """`/console`, and `/console/stories/<customer>`. A search is a POST, so that no reference stands in an address."""
    router = APIRouter()
    role = needs(access, "compliance")

    @router.get("/console")
    async def search(_: Visitor = role) -> HTMLResponse:
        return page("search", named="", missed=False)

    @router.post("/console")
    async def found(named: Annotated[str, Form(max_length=200)], _: Visitor = role) -> Response:
        customer = await stories.find(named)
        if customer is None:
            return page("search", status=404, named=named, missed=True)
        return RedirectResponse(f"/console/stories/{customer}", 303)

    @router.get("/console/stories/{customer}")
    async def story(customer: int, visitor: Visitor = role) -> HTMLResponse:
        told = await stories.read(customer, visitor.role)
        if told is None:
            return page("search", status=404, named="", missed=True)
        return page("story", story=told)

    return router
