"""Pages of staff: one template each, nothing from elsewhere, never kept by a browser or a proxy.

The only scripts are files of ours; without them the pages show what was so when they were opened.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import jinja2
from fastapi.responses import HTMLResponse

_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


def page(name: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """The page `name` filled with values."""
    return HTMLResponse(_templates().get_template(f"{name}.html.jinja").render(values), status, _HEADERS)


def part(name: str, **values: object) -> str:
    """A part of a page filled with values, for one that is open."""
    return _templates().get_template(f"{name}.html.jinja").render(values)


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
