from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.handoff.office import Office

PAGE = (Path(__file__).parents[3] / "docs" / "account-managers.md").read_text(encoding="utf-8")
MANAGER = "101"
COMMANDS = sorted(set(re.findall(r"`(/(?!bot)\w+)`", PAGE)))


def test_the_page_names_every_command_of_the_help(office: Office) -> None:
    helped = set(re.findall(r"(?<!<)/\w+", office.says("desk.help", "en", name="Zoe")))
    assert helped | {"/help"} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_on_the_page_is_understood(office: Office, command: str) -> None:
    await office.manager(MANAGER, "陈立")
    await office.say(MANAGER, command)
    assert office.chat(MANAGER)[-1].html != office.says("desk.unknown_command")


@pytest.mark.parametrize(
    "key",
    ["desk.accept", "desk.pass", "desk.return", "desk.claim.rewrite", "desk.claim.send_anyway", "desk.claim.take_back"],
)
def test_the_page_calls_buttons_by_their_labels(office: Office, key: str) -> None:
    assert f"**{office.says(key, 'zh')} / {office.says(key, 'en')}**" in PAGE
