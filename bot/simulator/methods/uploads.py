"""Files that a bot sends: uploaded with the call, named by the id of a file already here, or by an address to fetch."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
from telegram import File

from bot.simulator.errors import bad_request
from bot.simulator.files import Kind, Media, Upload, picture_size
from bot.simulator.limits import DOWNLOAD_BYTES, check_upload
from bot.simulator.methods.call import Call, Methods


async def read_media(call: Call, kind: str, named: str) -> Media:
    """The file that an argument means by its value `named`: `attach://<name>`, a file id, an address, or an upload."""
    kind = cast("Kind", kind)
    upload = call.arguments.upload(named.removeprefix("attach://")) if named else call.arguments.upload(kind)
    if upload is not None:
        return _kept(call, kind, upload)
    if not named:
        raise bad_request(f"there is no {kind} in the request")
    if named.startswith(("http://", "https://")):
        return _kept(call, kind, await _fetched(named))
    return _known(call, kind, named)


def _kept(call: Call, kind: Kind, upload: Upload) -> Media:
    check_upload(kind, len(upload.content))
    if kind == "photo" and picture_size(upload.content) is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    return Media(call.world.files.add(kind, upload))


def _known(call: Call, kind: Kind, file_id: str) -> Media:
    stored = call.world.files.by_id(file_id)
    if stored is None:
        raise bad_request("wrong remote file identifier specified: Wrong string length")
    if stored.kind != kind:
        raise bad_request(f"can't use file of type {stored.kind.capitalize()} as {kind.capitalize()}")
    return Media(stored)


async def _fetched(address: str) -> Upload:
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as client, client.get(address) as answer:
            answer.raise_for_status()
            content = await answer.content.read(DOWNLOAD_BYTES + 1)
            mime = answer.content_type
    except (aiohttp.ClientError, TimeoutError):
        raise bad_request("failed to get HTTP URL content") from None
    if len(content) > DOWNLOAD_BYTES:
        raise bad_request("failed to get HTTP URL content")
    name = PurePosixPath(urlsplit(address).path).name
    return Upload(name, mime or mimetypes.guess_type(name)[0] or "", content)


def get_file(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#getfile as documented."""
    file_id = call.arguments.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    stored = call.world.files.by_id(file_id)
    if stored is None:
        raise bad_request("invalid file_id")
    if stored.size > DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return File(stored.file_id, stored.unique_id, stored.size, stored.path)


METHODS: Methods = {"getfile": get_file}
