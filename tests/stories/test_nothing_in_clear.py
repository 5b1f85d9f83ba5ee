"""A whole journey over HTTP leaves nothing of a person in clear: not in the log, not in either database at any moment, not in a file."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import pytest_asyncio
from structlog.contextvars import merge_contextvars
from structlog.processors import ExceptionRenderer
from structlog.testing import capture_logs

from bot.dialogs.stories import Story, parse_story
from bot.handoff import invitations
from bot.logs import CHATTY
from bot.storage.repositories.field_agents import PostgresFieldAgents
from bot.testing.samples import sample
from bot.testing.stage import play
from tests.stories.bot_stage import BotStage
from tests.stories.house import House, house
from tests.stories.library import marks, scenes

pytestmark = pytest.mark.asyncio(loop_scope="module")

TYPED: Final = "13712340987"
QUESTION: Final = "我叫慕容雪，开面馆，利息一年多少"
SHOP: Final = "慕容家牛肉面"
CODE: Final = "92330106MA2B0QTX57"
NAME: Final = "慕容雪"
PHONE: Final = "13912345678"
CORRECTED: Final = "13987654321"
TURNOVER: Final = "143217"
IDENTITY: Final = "110101199003074610"
WORRY: Final = "有人要我先交2800块保证金才放款"
COMPLAINT: Final = "你们上周说好的，慕容家的事一直没人管"
TO_MANAGER: Final = "我店在文三路478号，明天下午去找你"
FROM_MANAGER: Final = "慕容老板，文三路那边我熟"
SEEN: Final = "在菜场第三排卖卤味，想扩摊位"
FAILING: Final = "这句话说的时候机器坏了，我急用3万2"
SAID: Final = (
    TYPED, QUESTION, SHOP, CODE, NAME, PHONE, CORRECTED, TURNOVER, IDENTITY, WORRY, COMPLAINT, TO_MANAGER, FROM_MANAGER, SEEN, FAILING
)  # fmt: skip
PARTS: Final = ("慕容", "文三路", "2800块", "保证金才", "卤味", "3万2", "王敏丽", "小慕容昵称", "Xiaoxue")
"""Words within what was said, and the names by which Telegram introduces people."""

MET: Final[tuple[Any, ...]] = (
    {"presses": "sole_trader"},
    {"presses": "stock"},
    {"says": "5万"},
    {"says": SEEN},
    {"presses": "confirm"},
)
"""What an agent enters of an owner."""

PAGES: Final = ("page 1", "pdf")

ANSWERS: Final[Mapping[str, str]] = {
    "consent.share_with_lender": "[agree]",
    "consent.credit_enquiry": "[agree]",
    "consent.contact_by_manager": "[agree]",
    "recall.loan": "[keep_all]",
    "recall.business": "[keep_all]",
    "segment.ask": "[sole_trader]",
    "purpose.ask": "[stock]",
    "amount.ask": "10万",
    "months.ask": "12",
    "business_name.ask": SHOP,
    "has_licence.ask": "[yes]",
    "uscc.ask": CODE,
    "licence_months.ask": "9年",
    "months_trading.ask": "9年",
    "monthly_turnover.ask": TURNOVER,
    "open_debts.ask": "0",
    "recent_applications.ask": "0",
    "contact_name.ask": NAME,
    "phone.ask": PHONE,
    "consent.financial_details": "[agree]",
    "papers.offer": "[later]",
    "signal.clarify": "[stands]",
}
"""What is answered to each question, by its text; a choice stands in brackets."""


def story(*steps: object) -> Story:
    return parse_story({"story": "nothing in clear", "steps": [*steps]}, "clear", scenes())


# What is looked for, and where


def forms(secret: bytes) -> Iterator[bytes]:
    """The forms in which somebody who looks for it would still find it: as it is, base64 at each offset, hexadecimal, escaped."""
    yield secret
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret)
        yield encoded[-(-8 * before // 6) : 8 * (before + len(secret)) // 6]
    yield secret.hex().encode()
    yield secret.hex().upper().encode()


def words(text: str) -> Iterator[bytes]:
    """A text's forms, in JSON's escapes too."""
    for encoding in ("utf-8", "utf-16-le", "gb18030"):
        yield from forms(text.encode(encoding))
    escaped = json.dumps(text)[1:-1]
    yield from (escaped.encode(), escaped.upper().replace("\\U", "\\u").encode())


def content(file: bytes) -> Iterator[bytes]:
    """Some pieces of a file, in their forms."""
    for start in range(0, len(file) - 24, max(len(file) // 8, 1)):
        yield from forms(file[start : start + 24])


def secrets(person: int) -> Mapping[str, tuple[bytes, ...]]:
    """Everything that must not be found, by what it is. `person` is the number that Telegram knows the customer by."""
    told = {word: tuple(words(word)) for word in (*SAID, *PARTS, str(person))}
    return told | {f"file: {name}": tuple(content(sample(name))) for name in PAGES}


def found(where: str, haystack: bytes, wanted: Mapping[str, Iterable[bytes]]) -> list[str]:
    return [f"{what} in {where}" for what, shapes in wanted.items() if any(shape in haystack for shape in shapes)]


_WATCHED: Final = """
CREATE UNLOGGED TABLE ever_written (place text, words bytea);
CREATE FUNCTION note_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ever_written VALUES (TG_TABLE_NAME, convert_to(NEW::text, 'UTF8'));
    RETURN NULL;
END $$;
DO $$
DECLARE
    name regclass;
BEGIN
    FOR name IN SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'ever_written'
    LOOP
        EXECUTE format('CREATE TRIGGER zz_watched AFTER INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION note_written()', name);
    END LOOP;
END $$;
"""


def watch(url: str) -> None:
    """From now on every row that is written in a database is noted, so that what is there for a moment only is seen too."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_WATCHED)


# The journey


async def go_on(stage: BotStage, until: str) -> None:
    """Answer whatever the form asks, until a text is shown."""
    for _ in range(40):
        shown = [part.key for part in stage.screen.messages[stage.screen.with_buttons()[-1]].parts]
        if until in shown:
            return
        asked = next((key for key in shown if key in ANSWERS), None)
        assert asked is not None, f"there is no answer to {shown}"
        answer = ANSWERS[asked]
        await do(stage, {"presses": answer[1:-1]} if answer.startswith("[") else {"says": answer})
    raise AssertionError(f"{until} was not shown")


async def do(stage: BotStage, *steps: Any) -> None:
    await play(story(*steps), stage, "zh")


async def joined(there: House, name: str, **more: str) -> BotStage:
    """A customer whose manager is on duty."""
    await there.send_home()
    manager = await there.simulator.join("王敏丽", role="manager")
    await there.taken((await manager.open(await there.hire("王敏")))["update_id"])
    customer = await there.simulator.join(name, language="zh", **more)
    await there.settle()
    return BotStage(there, customer, manager)


async def is_advised_and_applies(stage: BotStage) -> None:
    await do(
        stage,
        {"opened": {"payload": TYPED}},
        {"presses": "zh"},
        {"presses": "sole_trader"},
        {"says": QUESTION},
        {"presses": "products"},
        {"presses": "check"},
    )
    await go_on(stage, "eligibility.next")
    await do(stage, {"presses": "quote"}, {"presses": "keep"}, {"says": "12"}, {"presses": "apply"})
    await go_on(stage, "preapply.review")
    await do(stage, {"breaks": "turn"}, {"says": FAILING}, {"says": f"我的身份证 {IDENTITY}"})
    await do(stage, {"presses": "confirm"}, {"lender": "accepts"})


async def sends_papers_and_is_decided(stage: BotStage, there: House) -> None:
    await do(
        stage,
        {"lender": "docs_check"},
        {"lender": {"docs_missing": ["lease"]}},
        {"sends": "photo"},
        {"sends": {"document": "pdf"}},
    )
    reference = await stage._reference()
    there.lender_desk.request_document(reference, "lease")
    await do(stage, {"presses": "done"})
    await there.let_documents_go()
    (received,) = there.lender_desk.record(reference).received
    assert received.pages == len(PAGES)
    await do(
        stage,
        {"lender": "risk_review"},
        {"lender": "delayed"},
        {"lender": "counter_offer"},
        {"presses": "accept"},
        {"lender": "accepts"},
        {"lender": "signing"},
    )


async def talks_and_asks_for_rights(stage: BotStage) -> None:
    await do(
        stage,
        {"says": WORRY},
        {"says": "人工"},
        {"manager": "accepts"},
        {"manager": {"says": FROM_MANAGER}},
        {"says": TO_MANAGER},
        {"sends": "photo"},
        {"manager": "returns"},
        {"says": COMPLAINT},
        {"says": "我要投诉"},
        {"manager": "accepts"},
        {"manager": "returns"},
        {"manager": {"says": "/away"}},
        {"says": "/call_back"},
        {"presses": "s1"},
        {"says": "隐私"},
        {"presses": "data"},
        {"presses": "export"},
        {"presses": "data"},
        {"presses": "correct"},
        {"presses": "phone"},
        {"says": CORRECTED},
        {"lender": "accepts"},
    )


async def is_met_by_an_agent(there: House) -> None:
    """An agent enters an owner, who opens the link and does not agree; nobody opens the other one."""
    code = invitations.new_code()
    agents = PostgresFieldAgents(there.bot.parts.database.pool)
    number = await agents.add("李明", "field", there.bot.parts.clock.now())
    await agents.add_link("0123456789abcdef", number, "菜场")
    await agents.invite(number, invitations.hashed(code))
    agent = BotStage(there, await there.simulator.join("李明"), None)
    await do(agent, {"opened": {"payload": f"field-{code}"}}, {"presses": "new"}, *MET, {"says": "/new"}, *MET)
    said = "\n".join(shown.words for shown in agent.screen.messages.values())
    payload = re.findall(r"start=(lead-[\w-]+)", said)[0]
    owner = BotStage(there, await there.simulator.join("小慕容昵称"), None)
    await do(owner, {"opened": {"payload": payload}}, {"presses": "refuse"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(new_database: Callable[[str], str]) -> AsyncIterator[House]:
    async with house(new_database("clear"), marks(), "lender", more={"signals_key": "x" * 40}) as made:
        yield made


class Kept(logging.Handler):
    """Every record that libraries would have written with the program's own settings, and more: from INFO on."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= CHATTY.get(record.name, logging.INFO):
            self.lines.append(self.format(record))


@contextmanager
def logged() -> Iterator[list[str]]:
    """What is logged within the block, by the program and by libraries."""
    kept, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.INFO)
    try:
        with capture_logs([merge_contextvars, ExceptionRenderer()]) as ours:
            yield kept.lines
        kept.lines += map(str, ours)
    finally:
        root.setLevel(level)
        root.removeHandler(kept)


def written(url: str) -> list[tuple[str, bytes]]:
    """Every row that was ever written in a database that is watched, with its table."""
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT place, words FROM ever_written").fetchall()


def all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_whole_journey_leaves_nothing_in_clear(there: House) -> None:
    parts, seen = there.bot.parts, list[str]()
    for url in (parts.database.url, parts.database.keys.url):
        watch(url)
    with logged() as lines:
        stage = await joined(there, "小慕容昵称", last_name="Xiaoxue", username="xiaoxue_murong", phone="86" + PHONE)
        await is_advised_and_applies(stage)
        await sends_papers_and_is_decided(stage, there)
        await talks_and_asks_for_rights(stage)
        await is_met_by_an_agent(there)
        await there.failures()
    wanted = secrets(stage._customer.id)
    assert len(lines) > 2
    seen += [hit for line in lines for hit in found(f"the log: {line}", line.encode(), wanted)]
    for url in (parts.database.url, parts.database.keys.url):
        rows = written(url)
        assert rows
        seen += [hit for place, row in rows for hit in found(place, row, wanted)]
    assert {
        "inbox",
        "outbox",
        "application",
        "lead",
        "field_lead",
        "document_page",
        "procrastinate_jobs",
        "failure",
    } <= {place for place, _ in written(parts.database.url)}
    assert len(all_files(there.files)) == len(PAGES)
    seen += [hit for path in all_files(there.files) for hit in found("a file", path.read_bytes(), wanted)]
    assert sorted(set(seen)) == []


@pytest.mark.parametrize("shape", ["{}", "base64", "base64 moved", "hex", "HEX", "escaped"])
async def test_what_is_looked_for_would_be_found(shape: str) -> None:
    """The search itself: a word and a piece of a file in each of their forms."""
    wanted = secrets(7_000_000_042)
    for word in (NAME, PHONE):
        raw = word.encode()
        planted = {
            "{}": raw, "base64": base64.b64encode(b"xx" + raw), "base64 moved": base64.b64encode(b"{" + raw + b"}"),
            "hex": raw.hex().encode(), "HEX": b"\\x" + raw.hex().upper().encode(), "escaped": json.dumps({"a": word}).encode(),
        }[shape]  # fmt: skip
        assert word in "".join(found("here", b"before " + planted + b" behind", wanted))
    assert found("here", base64.b64encode(sample("pdf")), wanted) == ["file: pdf in here"]
