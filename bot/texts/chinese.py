"""Chinese as words are compared: in simplified characters."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Final

from opencc import OpenCC

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_converting: Final = threading.Lock()  # the library's converter is not for several threads at once


def simplified(text: str) -> str:
    """`text` with simplified characters in the place of traditional ones."""
    if not _CHINESE.search(text):
        return text
    with _converting:
        converted: str = _converter().convert(text)
    return converted


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")
