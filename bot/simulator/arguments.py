"""The arguments of a Bot API call: from the query, a form, a multipart form or JSON, all read the same way.

A value inside a form is text; an object inside a form is JSON in text. In a JSON body it may be either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from bot.simulator.errors import bad_request
from bot.simulator.files import Upload

_TRUE: Final = ("true", "yes", "1")


class Arguments:
    """The named values of one call, and the files that came with it."""

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> None:
        self._values = values
        self._uploads = uploads or {}

    def has(self, name: str) -> bool:
        """Whether the argument was given and is not empty."""
        return self._values.get(name) not in (None, "") or name in self._uploads

    def text(self, name: str, default: str = "") -> str:
        """The argument as text; an object is given as its JSON."""
        value = self._values.get(name)
        match value:
            case None:
                return default
            case str():
                return value
            case bool():
                return "true" if value else "false"
            case int() | float():
                return str(value)
            case _:
                return orjson.dumps(value).decode()

    def required(self, name: str) -> str:
        """The argument as text; raises when it is empty."""
        if value := self.text(name):
            return value
        raise bad_request(f'parameter "{name}" is required')

    def integer(self, name: str, default: int = 0) -> int:
        """The argument as a whole number; what is none counts as 0, as at Telegram."""
        text = self.text(name).strip()
        if not text:
            return default
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() else 0

    def number(self, name: str) -> float:
        """The argument as a number; raises when it is missing or none."""
        try:
            return float(self.text(name))
        except ValueError:
            raise bad_request(f"{name} is empty") from None

    def flag(self, name: str) -> bool:
        """Whether the argument says yes."""
        return self.text(name).lower() in _TRUE

    def json(self, name: str, what: str) -> Any:
        """The argument as JSON, or None when it was not given; `what` names it in the error."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def upload(self, name: str) -> Upload | None:
        """The file that came under this name."""
        return self._uploads.get(name)

    def with_values(self, more: Mapping[str, Any]) -> Arguments:
        """These arguments with some replaced."""
        return Arguments({**self._values, **more}, self._uploads)


async def read_arguments(content_type: str, body: bytes, query: str = "") -> Arguments:
    """The arguments of a request or of a webhook's reply; raises 400 for a body that cannot be read."""
    values: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return Arguments(values)
    if kind == "application/json":
        return Arguments(values | _json_object(body))
    if kind == "multipart/form-data":
        fields, uploads = await _multipart(content_type, body)
        return Arguments(values | fields, uploads)
    return Arguments(values | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)))


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("object expected as request body")
    return value


async def _multipart(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    async def stream() -> Any:
        yield body

    try:
        headers = Headers({"content-type": content_type})
        form = await MultiPartParser(headers, stream(), max_part_size=1 << 20).parse()
    except MultiPartException as error:
        raise bad_request(f"can't parse multipart form: {error.message}") from None
    fields, uploads = {}, {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            uploads[name] = Upload(value.filename or "", value.content_type or "", await value.read())
        else:
            fields[name] = value
    await form.close()
    return fields, uploads
