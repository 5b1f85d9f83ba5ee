"""A publication of content: all authored documents at one moment, numbered, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Documents: TypeAlias = Mapping[str, Any]
"""All authored content, JSON-ready.

`flows`, `products`, `stories`, `answers` and `notices` map a file's name to what it says; `commands`,
`lead_rules`, `desk`, `usual_times`, `field_leads`, `signals` and `retention` are what those files say; `messages` maps a locale to its words by key. The order of mappings is content too: keep it when storing.
"""


@dataclass(frozen=True, slots=True)
class Release:
    """Content as published under `number` (counted from 1); `digest` is that of the documents, `published_at` in UTC."""

    number: int
    documents: Documents
    digest: str
    published_at: datetime
    published_by: str
    note: str = ""


def digest_of(documents: Documents) -> str:
    """SHA-256 of the documents as compact JSON in UTF-8, as lower-case hexadecimal."""
    written = json.dumps(documents, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(written.encode()).hexdigest()
