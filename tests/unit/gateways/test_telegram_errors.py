from typing import Any

import pytest

from bot.core.errors import SettingsError
from bot.gateways.telegram.client import bot_id
from bot.gateways.telegram.errors import (
    FloodControl,
    MessageGone,
    Migrated,
    Misconfigured,
    NotModified,
    NotOffered,
    OtherKind,
    Rejected,
    ServerFailed,
    Unparsable,
    Unreachable,
    error_of,
)


def answer(code: int, words: str, **parameters: Any) -> dict[str, Any]:
    return {"ok": False, "error_code": code, "description": words, "parameters": parameters}


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (403, "Forbidden: bot was blocked by the user", Unreachable),
        (403, "Forbidden: user is deactivated", Unreachable),
        (403, "Forbidden: bot was kicked from the group chat", Unreachable),
        (400, "Bad Request: chat not found", Unreachable),
        (400, "Bad Request: message is not modified: specified new message content …", NotModified),
        (400, "Bad Request: message to edit not found", MessageGone),
        (400, "Bad Request: message can't be edited", MessageGone),
        (400, "Bad Request: MESSAGE_ID_INVALID", MessageGone),
        (400, "Bad Request: there is no text in the message to edit", OtherKind),
        (400, "Bad Request: there is no caption in the message to edit", OtherKind),
        (404, "Not Found: method not found", NotOffered),
        (400, "Bad Request: rich message must be non-empty", NotOffered),
        (400, "Bad Request: can't parse entities: unsupported start tag", Unparsable),
        (400, "Bad Request: BUTTON_DATA_INVALID", Rejected),
        (401, "Unauthorized", Misconfigured),
        (404, "Not Found", Misconfigured),
        (409, "Conflict: can't use getUpdates method while webhook is active", Misconfigured),
        (500, "Internal Server Error", ServerFailed),
        (502, "Bad Gateway", ServerFailed),
    ],
)
def test_an_answer_says_what_is_to_be_done(code: int, words: str, kind: type[Exception]) -> None:
    assert type(error_of(code, answer(code, words))) is kind


def test_flood_control_says_how_long_to_wait() -> None:
    error = error_of(429, answer(429, "Too Many Requests: retry after 7", retry_after=7))

    assert isinstance(error, FloodControl)
    assert error.retry_after == 7


def test_a_migrated_chat_names_its_new_id() -> None:
    error = error_of(400, answer(400, "Bad Request: group chat was upgraded …", migrate_to_chat_id=-1001))

    assert isinstance(error, Migrated)
    assert error.chat == -1001


def test_what_telegram_quotes_of_a_message_never_enters_an_error() -> None:
    error = error_of(400, answer(400, 'Bad Request: can\'t parse entities: unsupported start tag "王"小"明" at byte 3'))

    assert "小" not in str(error)


@pytest.mark.parametrize("token", ["", "secret-without-a-number", "abc:def", "123:"])
def test_a_wrong_token_is_named_as_the_setting_without_being_shown(token: str) -> None:
    with pytest.raises(SettingsError, match="BOT_TOKEN") as caught:
        bot_id(token)

    assert not token or token not in str(caught.value)
