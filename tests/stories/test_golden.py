"""Whole conversations in words, for people to read. Written anew by `STORIES_GOLDEN=write`.

▶ is what the customer does, ◀ a new message, ✎ what is new in one that is changed, ◇ the key of a short notice.
"""

from __future__ import annotations

import os

import pytest

from bot.dialogs.stories import Act, Lender, Manager, Opens, Passes, Presses, Says, Sends, Shares
from bot.testing.screen import Knob, Screen, Shown
from bot.testing.stage import play
from bot.testing.turns_stage import TurnsStage, published
from tests.stories.library import HERE, marks, stories

TOLD = (
    "happy/a-farmer-from-the-first-word-to-the-decision",
    "handoff/a-person-in-the-middle-of-a-form",
)


class Transcript:
    """What was done and what was then on the screen, in words."""

    def __init__(self, title: str, locale: str, screen: Screen) -> None:
        self.lines = [f"{title} ({locale})"]
        self._locale = locale
        self._screen = screen
        self._seen: dict[str, Shown] = {}

    def watch(self, act: Act, pressed: Knob | None) -> None:
        self.lines += ["", f"▶ {self._said(act, pressed)}"]
        self.lines += [f"◇ {notice}" for notice in self._screen.acknowledged if notice]
        for number, shown in self._screen.messages.items():
            if shown != self._seen.get(number):
                self.lines += self._message(self._seen.get(number), shown)
        self._seen = dict(self._screen.messages)

    def _said(self, act: Act, pressed: Knob | None) -> str:
        match act:
            case Opens(payload=payload):
                return f"/start {payload or ''}".strip()
            case Says() if act.text:
                return act.in_locale(self._locale)
            case Presses() if pressed:
                return f"[{pressed.label}]"
            case Shares(phone=phone):
                return f"({phone})"
            case Sends(kind=kind):
                return f"({kind})"
            case Lender(act=stage):
                return f"(lender: {stage})"
            case Manager(act=does, words=words):
                return f"(manager: {words or does})"
            case Passes(time=time):
                return f"({time})"
        return "(again)"

    def _message(self, before: Shown | None, shown: Shown) -> list[str]:
        """A new message whole; of a changed one what is new, and nothing where only its buttons went."""
        fresh = [part for part in shown.parts if before is None or part not in before.parts]
        if not fresh and before is not None and not shown.knobs:
            return []
        words = shown.words if before is None else "\n".join(str(part.content) for part in fresh)
        rows = ["  " + " ".join(f"[{knob.label}]" for knob in row) for row in shown.knobs]
        first, *rest = words.splitlines() or [""]
        return [f"{'◀' if before is None else '✎'} {first}", *(f"  {line}".rstrip() for line in rest), *rows]


def read(name: str, told: str) -> str:
    """The words as they were last read; `told` from now on where that is wanted."""
    file = HERE / "golden" / name
    if os.environ.get("STORIES_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(told, encoding="utf-8")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("name", TOLD)
async def test_the_words_of_a_story_are_those_people_have_read(name: str, locale: str) -> None:
    story = stories()[name]
    stage = await TurnsStage(story, locale, await published(marks())).begin()
    transcript = Transcript(story.title, locale, stage.screen)
    await play(story, stage, locale, transcript.watch)
    told = "\n".join(transcript.lines) + "\n"
    assert read(f"{name.split('/')[1]}.{locale}.txt", told) == told, "read the new words, then STORIES_GOLDEN=write"
