"""Pictures of charts, drawn beside the event loop and remembered by what they show."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from bot.figures.painting import paint
from bot.figures.typeface import Typeface
from bot.figures.worded import WordedChart, digest

REMEMBERED: Final = 64
"""Pictures kept, of some 30 kB each: a quote is often looked at again at once."""


class Pictures:
    """Draws one chart at a time: letters are not to be used by two threads, and replies come before pictures."""

    def __init__(self, typeface: Typeface | None = None, remembered: int = REMEMBERED) -> None:
        self._typeface = typeface or Typeface()
        self._remembered = remembered
        self._drawn: OrderedDict[str, bytes] = OrderedDict()
        self._drawing = asyncio.Lock()

    async def of(self, chart: WordedChart) -> bytes:
        """The chart as a PNG."""
        name = digest(chart)
        async with self._drawing:
            if name not in self._drawn:
                self._drawn[name] = await asyncio.to_thread(paint, chart, self._typeface)
            self._drawn.move_to_end(name)
            if len(self._drawn) > self._remembered:
                self._drawn.popitem(last=False)
            return self._drawn[name]
