"""Files kept by the server: what was uploaded, and what its bytes say about it (size of a picture, length of a voice)."""

from __future__ import annotations

import base64
import mimetypes
import struct
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final, Literal

from telegram import Animation, Audio, Document, PhotoSize, Sticker, Video, Voice

Kind = Literal["photo", "document", "voice", "audio", "video", "animation", "sticker"]
KINDS: Final[tuple[Kind, ...]] = ("photo", "document", "voice", "audio", "video", "animation", "sticker")
FOLDERS: Final[dict[Kind, str]] = {
    "photo": "photos", "document": "documents", "voice": "voice", "audio": "music", "video": "videos",
    "animation": "animations", "sticker": "stickers",
}  # fmt: skip
OPUS_RATE: Final = 48_000  # granule positions of Opus in Ogg count samples at this rate (RFC 7845, section 4)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in a request."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file and its names: `file_id` for methods, `unique_id` to compare by, `path` for downloads."""

    file_id: str
    unique_id: str
    path: str
    kind: Kind
    name: str
    mime: str
    content: bytes

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)


class FileStore:
    """All files of the server, found by their id and by their path."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def add(self, kind: Kind, upload: Upload) -> StoredFile:
        """Keep an upload; a file without a name or type gets one."""
        number = len(self._by_id) + 1
        name = upload.name or f"file_{number}{mimetypes.guess_extension(upload.mime) or ''}"
        mime = upload.mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
        path = f"{FOLDERS[kind]}/file_{number}{PurePosixPath(name).suffix}"
        stored = StoredFile(_name(kind, number, 40), _name(kind, number, 9), path, kind, name, mime, upload.content)
        self._by_id[stored.file_id] = self._by_path[path] = stored
        return stored

    def by_id(self, file_id: str) -> StoredFile | None:
        """The file with this id."""
        return self._by_id.get(file_id)

    def by_path(self, path: str) -> StoredFile | None:
        """The file that `/file/bot<token>/<path>` names."""
        return self._by_path.get(path)


def _name(kind: Kind, number: int, length: int) -> str:
    """An opaque, stable name in Telegram's alphabet."""
    seed = f"{KINDS.index(kind)}.{number}.".encode()
    return base64.urlsafe_b64encode((seed * length)[:length]).decode().rstrip("=") + f"-{number}"


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, JPEG, GIF or WebP; None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return _pair(">II", content, 16)
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        return _pair("<HH", content, 6)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp_size(content)
    return _jpeg_size(content) if content.startswith(b"\xff\xd8") else None


def _pair(form: str, content: bytes, offset: int) -> tuple[int, int]:
    first, second = struct.unpack_from(form, content, offset)
    return first, second


def _webp_size(content: bytes) -> tuple[int, int] | None:
    if content[12:16] == b"VP8X" and len(content) >= 30:
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if content[12:16] == b"VP8L" and len(content) >= 25:
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if content[12:16] == b"VP8 " and len(content) >= 30:
        width, height = _pair("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """From the start-of-frame segment (ITU-T T.81, section B.2.2)."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = _pair(">HH", content, at + 5)
            return width, height
        at += 2 + length
    return None


def voice_seconds(content: bytes) -> int:
    """The length of an Ogg voice from the granule position of its last page; 1 where it cannot be told."""
    page = content.rfind(b"OggS")
    if page < 0 or page + 14 > len(content):
        return 1
    samples = int.from_bytes(content[page + 6 : page + 14], "little", signed=True)
    return max(1, round(samples / OPUS_RATE))


@dataclass(frozen=True, slots=True)
class Media:
    """A file in a message, with what is shown about it."""

    file: StoredFile

    @property
    def kind(self) -> Kind:
        """How the message shows the file."""
        return self.file.kind

    def typed(self) -> dict[str, object]:
        """The field of a message that carries this file, as python-telegram-bot's type."""
        file, size = self.file, picture_size(self.file.content) or (512, 512)
        ids = (file.file_id, file.unique_id)
        length = timedelta(seconds=voice_seconds(file.content))
        match self.kind:
            case "photo":
                return {"photo": (PhotoSize(*ids, *size, file_size=file.size),)}
            case "voice":
                return {"voice": Voice(*ids, length, mime_type=file.mime, file_size=file.size)}
            case "audio":
                return {"audio": Audio(*ids, length, mime_type=file.mime, file_size=file.size, file_name=file.name)}
            case "video":
                return {"video": Video(*ids, *size, length, mime_type=file.mime, file_size=file.size)}
            case "animation":
                return {"animation": Animation(*ids, *size, length, mime_type=file.mime, file_size=file.size)}
            case "sticker":
                return {"sticker": Sticker(*ids, 512, 512, False, False, "regular", emoji="👍", file_size=file.size)}
            case _:
                document = Document(*ids, file_name=file.name, mime_type=file.mime, file_size=file.size)
                return {"document": document}
