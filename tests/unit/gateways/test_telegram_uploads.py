from __future__ import annotations

from email.parser import BytesParser
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bot.gateways.telegram.uploads import Upload, body_of


def parts(kind: str, body: bytes) -> list[tuple[str, str | None, str, bytes]]:
    """Name, file name, content type and content of each part, as a stranger reads them."""
    message: Any = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    ]


def test_a_call_without_a_file_is_json() -> None:
    assert body_of({"chat_id": 1, "text": "你好"}) == ("application/json", orjson.dumps({"chat_id": 1, "text": "你好"}))


def test_a_call_with_a_file_is_a_form_and_what_is_no_text_is_json_in_it() -> None:
    upload = Upload("my data.json", "application/json", b'{"a":1}')
    keyboard = {"inline_keyboard": [[{"text": "好", "callback_data": "1"}]]}
    read = parts(*body_of({"chat_id": 42, "caption": "您的资料", "document": upload, "reply_markup": keyboard}))
    assert read == [
        ("chat_id", None, "text/plain", b"42"),
        ("caption", None, "text/plain", "您的资料".encode()),
        ("document", "my data.json", "application/json", b'{"a":1}'),
        ("reply_markup", None, "text/plain", orjson.dumps(keyboard)),
    ]


@given(st.text(min_size=1, max_size=40))
def test_no_name_of_a_file_breaks_the_form(name: str) -> None:
    kind, body = body_of({"document": Upload(name, "text/plain", b"x")})
    assert [part[3] for part in parts(kind, body)] == [b"x"]
    assert body.count(b"\r\n\r\n") == 1
