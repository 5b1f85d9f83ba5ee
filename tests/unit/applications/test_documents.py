from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.applications.documents import Fault, Limits, Page, inspect, joining, wanted
from bot.testing.samples import sample

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def picture(width: int, height: int, kind: str = "JPEG") -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height), "white").save(made, kind)
    return made.getvalue()


def page(name: str, **more: object) -> Page:
    given: dict[str, object] = {"digest": name, "size": 1000, "document": "lease"} | more
    return Page(
        id=name, conversation=1, application="a", position=1, kind="photo", handle="h", media_type="image/jpeg",
        scanned=True, received_at=NOW, **given,  # type: ignore[arg-type]  # the rest by name
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "judged"),
    [
        (picture(960, 1280), "image/jpeg"),
        (picture(1280, 960, "PNG"), "image/png"),
        (sample("pdf"), "application/pdf"),
        (sample("locked pdf"), Fault.LOCKED),
        (sample("words"), Fault.WRONG_TYPE),
        (b"", Fault.WRONG_TYPE),
        (picture(960, 1280, "GIF"), Fault.WRONG_TYPE),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Fault.HEIC),
        (picture(499, 1280), Fault.TOO_SMALL),
        (picture(500, 699), Fault.TOO_SMALL),
        (picture(500, 700), "image/jpeg"),
        (picture(960, 1280)[:-200], Fault.DAMAGED),
        (picture(960, 1280, "PNG")[:-200], Fault.DAMAGED),
        (sample("pdf")[:-8], Fault.DAMAGED),
    ],
)
def test_a_file_is_known_by_its_content(content: bytes, judged: str) -> None:
    assert inspect(content) == judged


def test_a_file_above_the_limit_is_refused_before_it_is_looked_into() -> None:
    assert inspect(b"x" * 11, Limits(page_bytes=10)) is Fault.TOO_LARGE


@given(st.binary(max_size=400))
def test_no_content_makes_the_look_fail(content: bytes) -> None:
    assert inspect(content) in {*Fault, "image/jpeg", "image/png", "application/pdf"}


def test_the_same_content_is_taken_once_and_may_replace_itself() -> None:
    first, second = page("one"), page("two")
    assert joining(None, "one", 10, [first, second]) is Fault.REPEATED
    assert joining(first, "one", 10, [first, second]) is None
    assert joining(second, "one", 10, [first, second]) is Fault.REPEATED


def test_a_document_has_so_many_pages_and_bytes() -> None:
    limits = Limits(pages=2, document_bytes=2500)
    assert joining(None, "three", 10, [page("one"), page("two")], limits) is Fault.TOO_MANY
    assert joining(page("two"), "three", 10, [page("one"), page("two")], limits) is None
    assert joining(None, "two", 1600, [page("one")], limits) is Fault.TOO_HEAVY
    assert joining(None, "two", 1500, [page("one")], limits) is None


def test_what_was_sent_since_it_was_asked_for_is_not_wanted_again() -> None:
    since = NOW
    sent = page("one", completed_at=NOW + timedelta(minutes=1))
    before = page("two", document="tax_return", completed_at=NOW - timedelta(days=1), handed_in_at=NOW)
    open_still = page("three", document="bank_statements")
    assert wanted(("lease", "tax_return", "bank_statements"), [sent, before, open_still], since) == (
        "tax_return",
        "bank_statements",
    )
