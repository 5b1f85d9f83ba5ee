"""The lender's own pages for customers: one template each on a common sheet, never kept by a browser or a proxy."""

from __future__ import annotations

from typing import Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader

_TEMPLATES: Final = Environment(loader=PackageLoader("bot.simulator.lender", "pages"), autoescape=True)
_HEADERS: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def page(name: str, locale: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """The page `name` filled with values, in Chinese for every Chinese locale and else in English."""
    language = "zh" if locale.startswith("zh") else "en"
    return HTMLResponse(_TEMPLATES.get_template(f"{name}.html").render(language=language, **values), status, _HEADERS)
