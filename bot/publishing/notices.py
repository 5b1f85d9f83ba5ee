"""Consent notices as authored in `notices/*.yaml`, one file a notice; the words are the text that it names."""

from __future__ import annotations

from collections.abc import Mapping

from bot.dialogs.model import Notice
from bot.products.reading import Section


def parse_notices(documents: Mapping[str, object]) -> Mapping[str, Notice]:
    """The notices in `documents` (file name → parsed YAML) by id. Raises `ContentError` with file, field and remedy."""
    notices = [_read(Section(documents[file], file)) for file in sorted(documents)]
    return {notice.id: notice for notice in notices}


def _read(section: Section) -> Notice:
    notice = Notice(
        id=section.text("notice"),
        version=section.whole("version", low=1),
        purpose=section.text("purpose"),
        text=section.text("text"),
        controller=section.text("controller"),
        legal_basis=section.text("legal_basis"),
        categories=section.texts("categories"),
        recipients=section.texts("recipients"),
        retention=section.text("retention"),
        sensitive=section.optional("sensitive", section.flag, False),
        abroad=section.optional("abroad", section.flag, False),
        again_after_days=section.optional("again_after_days", section.whole, 90),
        valid_days=section.optional("valid_days", section.whole, None),
    )
    section.done()
    if section.file != f"{notice.id}.yaml":
        section.refuse("notice", f"name the file {notice.id}.yaml, after its notice")
    if not notice.categories:
        section.refuse("categories", "name at least one category of data")
    return notice
