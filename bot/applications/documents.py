"""Documents that a customer hands in: their pages, and what a page must be so that a reviewer can use it.

A page is known by what is in it, never by its name: the first bytes say what kind of file it is, a picture's header how
large it is. What is wrong with a page is one `Fault`, told to the customer with what to do about it. Whether a picture is
sharp is for the reviewer to see; a picture with too few points cannot be, and is said so at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from typing import Final, Literal, Protocol

from PIL import Image, UnidentifiedImageError

MediaType = Literal["image/jpeg", "image/png", "application/pdf"]
SUFFIXES: Final[dict[str, str]] = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}

_MIB: Final = 1024 * 1024
_HEAD: Final = 1024
_HEIC: Final = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
_PICTURES: Final[dict[str, MediaType]] = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png"}


class Fault(StrEnum):
    """Why a page is not taken; the words are `document.refused.<value>`."""

    WRONG_TYPE = "wrong_type"
    HEIC = "heic"
    DAMAGED = "damaged"
    LOCKED = "locked"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    REPEATED = "repeated"
    TOO_MANY = "too_many"
    TOO_HEAVY = "too_heavy"
    INFECTED = "infected"
    NOT_FETCHED = "not_fetched"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page may be: `page_bytes` and, of all pages of a document, `document_bytes`; at most `pages` of them.

    A picture has at least `short_side` and `long_side` points. A sheet of A4 at these has letters some 8 points high, which can
    just be read; what Telegram sends as a photo is larger, a thumbnail or a screenshot cut out of one is not.
    """

    page_bytes: int = 10 * _MIB
    document_bytes: int = 20 * _MIB
    pages: int = 20
    short_side: int = 500
    long_side: int = 700


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document, or a file of several.

    `id` names its file; `handle` is the channel's own handle of it, of the channel's `kind`, by which the customer is shown it
    again. `digest` is the keyed hash of the content, `scanned` whether a virus scanner has looked at it. `position` orders the
    pages. `completed_at` is when the customer said that the document is whole, `handed_in_at` when the lender has taken it.
    """

    id: str
    conversation: int
    application: str
    document: str
    position: int
    kind: str
    handle: str
    media_type: str
    size: int
    digest: str
    scanned: bool
    received_at: datetime
    completed_at: datetime | None = None
    handed_in_at: datetime | None = None

    @property
    def standing(self) -> Literal["kept", "whole", "with_lender"]:
        """What has become of it: kept, part of a document that is whole and waits to be handed on, or with the lender."""
        if self.handed_in_at is not None:
            return "with_lender"
        return "kept" if self.completed_at is None else "whole"


class Pages(Protocol):
    """The pages that customers have sent; their content is kept outside, as files."""

    async def add(self, page: Page) -> None:
        """Keep a page."""
        ...

    async def remove(self, page: str) -> None:
        """Forget a page."""
        ...

    async def of_document(self, application: str, document: str) -> tuple[Page, ...]:
        """The pages of a document that the lender does not have yet, in order."""
        ...

    async def of_conversation(self, conversation: int) -> tuple[Page, ...]:
        """All pages that a customer has sent and that are still kept, document by document, those of each in order."""
        ...

    async def complete(self, application: str, document: str, at: datetime | None) -> None:
        """The customer says that the document is whole; None: it is to be gone on with."""
        ...

    async def handed_in(self, application: str, document: str, at: datetime) -> None:
        """The lender has taken the pages of a document that was whole."""
        ...

    async def elsewhere(self, digest: str, conversation: int) -> int:
        """How many other customers have sent the very same content."""
        ...


def inspect(content: bytes, limits: Limits = LIMITS) -> MediaType | Fault:
    """What kind of file `content` is, or what is wrong with it by itself."""
    if len(content) > limits.page_bytes:
        return Fault.TOO_LARGE
    if b"%PDF-" in content[:_HEAD]:
        return _pdf(content)
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return Fault.HEIC
    return _picture(content, limits)


def joining(page: Page | None, digest: str, size: int, pages: Sequence[Page], limits: Limits = LIMITS) -> Fault | None:
    """What keeps new content from the document that has `pages`; it takes the place of `page` where one is given."""
    others = [other for other in pages if page is None or other.id != page.id]
    if any(other.digest == digest for other in others):
        return Fault.REPEATED
    if len(others) >= limits.pages:
        return Fault.TOO_MANY
    return Fault.TOO_HEAVY if sum(other.size for other in others) + size > limits.document_bytes else None


def numbered(pages: Iterable[Page]) -> Iterator[tuple[int, Page]]:
    """Pages of several documents, in order, each with its number among those of its document."""
    counted: Counter[tuple[str, str]] = Counter()
    for page in pages:
        counted[page.application, page.document] += 1
        yield counted[page.application, page.document], page


def wanted(missing: Sequence[str], pages: Sequence[Page], since: datetime) -> tuple[str, ...]:
    """Of the documents that the lender misses `since` then, those that are not on their way to it."""
    sent = {page.document for page in pages if page.completed_at is not None and page.completed_at >= since}
    return tuple(name for name in missing if name not in sent)


def _pdf(content: bytes) -> MediaType | Fault:
    if b"%%EOF" not in content[-_HEAD * 4 :]:
        return Fault.DAMAGED
    return Fault.LOCKED if b"/Encrypt" in content else "application/pdf"


def _picture(content: bytes, limits: Limits) -> MediaType | Fault:
    """Only the header is read but for the check that the file is whole: a picture's points are never unpacked here."""
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as picture:
            kind, (width, height) = picture.format or "", picture.size
            if kind == "PNG":
                picture.verify()
    except UnidentifiedImageError:
        return Fault.WRONG_TYPE
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return Fault.DAMAGED
    if kind != "PNG" and b"\xff\xd9" not in content[-_HEAD:]:
        return Fault.DAMAGED
    short, long = sorted((width, height))
    return Fault.TOO_SMALL if short < limits.short_side or long < limits.long_side else _PICTURES[kind]
