"""The errors a Bot API server answers with, in Telegram's own words.

A description begins with the status in words (`Bad Request: …`); the words themselves are an interface, since client
libraries and bots recognise errors by them. They follow the public server, https://github.com/tdlib/telegram-bot-api.
"""

from __future__ import annotations

from typing import Any

from bot.core.errors import TillwiseError


class ApiError(TillwiseError):
    """A Bot API call failed: an HTTP-like code, a description and, for flood control, the seconds to wait."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The error as the JSON object of a Bot API answer."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


class ControlError(TillwiseError):
    """A person cannot do this in the simulator; `status` is the HTTP status the control API answers with."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def bad_request(text: str) -> ApiError:
    """400: the request is wrong or names something that is not there."""
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    """403: the bot may not do this in that chat."""
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    """409: two consumers of the updates of one bot."""
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(retry_after: int) -> ApiError:
    """429: flood control; `retry_after` is in whole seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def not_modified() -> ApiError:
    """400: an edit that changes nothing."""
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same as a current "
        "content and reply markup of the message",
    )
