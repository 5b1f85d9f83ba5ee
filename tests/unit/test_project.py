"""The project as a whole: its documents agree with what runs, and its files hold nothing of one machine."""

from __future__ import annotations

import ast
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.core.errors import SettingsError
from bot.publishing.sources import read_documents
from bot.settings import Settings, StorageSettings, load
from bot.storage.rows import METADATA
from bot.web.health import Figures, health_routes

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def _text(path: Path) -> str:
    """What a file says; nothing where it is no text, as a picture is not."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


TRACKED: Final = _tracked()
PROGRAM: Final[Any] = typer.main.get_command(cli)
PAGES: Final = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Settings

TOKEN: Final = "123456:AAExampleExampleExample"
SETTINGS_PAGE: Final = _text(DOCS / "settings.md")
_ROW: Final = re.compile(r"^\| `(BOT_[A-Z_]+)` \| ([^|]+) \| ([^|]+) \| `([^|]+)` \|$", re.MULTILINE)
DOCUMENTED: Final = {name: (default.strip(), example) for name, _, default, example in _ROW.findall(SETTINGS_PAGE)}
FIELDS: Final = {f"BOT_{name.upper()}": field for name, field in Settings.model_fields.items()}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)


def test_every_setting_is_documented_once_and_none_that_does_not_exist() -> None:
    assert sorted(name for name, *_ in _ROW.findall(SETTINGS_PAGE)) == sorted(FIELDS)


def test_a_command_for_the_database_alone_has_no_setting_of_its_own() -> None:
    assert StorageSettings.model_fields.keys() <= Settings.model_fields.keys()


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_documents_name_no_setting_that_does_not_exist(page: Path) -> None:
    assert set(re.findall(r"\bBOT_[A-Z][A-Z_]*\b", _text(page))) <= FIELDS.keys()


@pytest.mark.parametrize("name", [*FIELDS])
def test_the_documented_default_is_the_one_that_holds(name: str) -> None:
    field = FIELDS[name]
    holds = "required" if field.is_required() else "unset" if field.default is None else f"`{field.default}`"
    assert DOCUMENTED[name][0] == holds


def test_the_documented_examples_are_settings_that_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (_, example) in DOCUMENTED.items():
        monkeypatch.setenv(name, example)
    settings = load()
    assert settings.model_fields_set == Settings.model_fields.keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOT_TOKEN", "hush-this-is-none"),
        ("BOT_TELEGRAM_API", "api.telegram.example"),
        ("BOT_OPERATOR", "a-broker"),
        ("BOT_DATABASE_CONNECTIONS", "1"),
        ("BOT_DATABASE_CONNECTIONS", "plenty"),
        ("BOT_WEBHOOK_URL", "bot.example.com"),
        ("BOT_WEBHOOK_SECRET", "too-short"),
        ("BOT_WEBHOOK_SECRET", "with blanks and signs!!"),
        ("BOT_PORT", "http"),
        ("BOT_PORT", "70000"),
        ("BOT_LENDER_URL", "loans.example.com"),
        ("BOT_TIMEZONE", "Mars/Olympus"),
        ("BOT_REGION", "China"),
        ("BOT_CURRENCY", "yuan"),
        ("BOT_MESSAGES_PER_SECOND", "-1"),
        ("BOT_MESSAGES_PER_CHAT", "fast"),
        ("BOT_LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence_that_does_not_repeat_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("BOT_TOKEN", TOKEN)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load()
    assert re.fullmatch(rf"{name} is wrong: [^\n;]+", str(raised.value))
    assert value not in str(raised.value).removeprefix(name)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "BOT_TOKEN"),
        ({"BOT_TOKEN": ""}, "BOT_TOKEN"),
        ({"BOT_TOKEN": TOKEN, "BOT_WEBHOOK_URL": "https://bot.example.com"}, "BOT_WEBHOOK_SECRET"),
        ({"BOT_TOKEN": TOKEN, "BOT_LENDER_URL": "https://loans.example.com"}, "BOT_LENDER_SECRET"),
    ],
)
def test_a_missing_setting_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"\A{missing} is missing: [^\n;]+\Z"):
        load()


@pytest.mark.parametrize(
    ("command", "given", "sentence"),
    [
        ("run", {}, "tillwise: BOT_TOKEN is missing: "),
        ("worker", {"BOT_TOKEN": "none"}, "tillwise: BOT_TOKEN is wrong: "),
        ("manager add Zoe", {}, "tillwise: BOT_TOKEN is missing: "),
        ("migrate", {"BOT_DATABASE_URL": "mysql://db.example.com/x"}, "tillwise: BOT_DATABASE_URL must name "),
    ],
)
def test_a_command_without_its_settings_ends_with_that_sentence_and_no_traceback(
    command: str, given: dict[str, str], sentence: str
) -> None:
    ended = CliRunner().invoke(cli, command.split(), env=dict(given))
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(sentence)
    assert ended.stderr.count("\n") == 1


# Documents

_LINK: Final = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """The places of a page that a link may name, as GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", _text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _dead_links(page: Path) -> Iterator[str]:
    for target in _LINK.findall(_FENCE.sub("", _text(page))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        place = (page.parent / name).resolve() if name else page
        if not place.is_file() or (anchor and anchor not in _anchors(place)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_links_of_documents_lead_somewhere(page: Path) -> None:
    assert list(_dead_links(page)) == []


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        links = [(page.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(_text(page))]
        waiting += [link for link in links if link.suffix == ".md" and link.is_file() and link not in reached]
    assert [_named(page) for page in PAGES if page not in reached] == []


def _mentioned(page: Path) -> Iterator[list[str]]:
    """The words behind `python -m bot` and `tillwise`, wherever a page tells somebody to type them."""
    for line in re.findall(r"(?:python -m bot|bin/tillwise)(?= [a-z-])([^`#;&|]*)", _text(page)):
        yield shlex.split(line.strip())


def _unknown(words: list[str]) -> str | None:
    """The first of the words that is no command or option, if there is one."""
    command = PROGRAM
    for word in words:
        inner = getattr(command, "commands", {})
        if word.startswith("--"):
            if word.partition("=")[0] not in {"--help", *_options(command)}:
                return word
        elif inner and word not in inner and word != "…":
            return word
        command = inner.get(word, command)
    return None


def _options(command: Any) -> set[str]:
    return {option for one in command.params for option in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_commands_in_documents_are_commands_of_the_program(page: Path) -> None:
    assert [words for words in _mentioned(page) if _unknown(words)] == []


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if not inner:
        yield " ".join(path)
    for name, one in inner.items():
        yield from _commands(one, (*path, name))


@pytest.mark.parametrize("command", [*_commands(PROGRAM)])
def test_every_command_is_in_the_documents_and_has_help_worth_reading(command: str) -> None:
    assert any(f"`{command}`" in _text(page) or f"python -m bot {command}" in _text(page) for page in PAGES)
    shown = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert len(shown.stdout.split("Options:")[0]) > 80


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_make_targets_in_documents_exist(page: Path) -> None:
    rules = set(re.findall(r"^([\w.$()/]+):", _text(ROOT / "Makefile").replace("$(VENV)", ".venv"), re.MULTILINE))
    asked = re.findall(r"(?:`|^)make ([\w./-]+)", _text(page), re.MULTILINE)
    assert [target for target in asked if target not in rules] == []


def test_the_diagrams_of_the_flows_are_in_step() -> None:
    drawn = runpy.run_path(str(DOCS / "diagrams.py"))["page"]()
    assert _text(DOCS / "flows.md") == drawn, "a flow has changed: run `make diagrams`"


@pytest.mark.parametrize("name", [*METADATA.tables])
def test_every_table_is_explained_and_accounted_for(name: str) -> None:
    assert f"`{name}`" in _text(DOCS / "architecture.md")
    assert f"`{name}`" in _text(DOCS / "compliance.md")


def test_every_metric_and_health_check_is_in_the_operators_guide() -> None:
    metrics = {metric.name + ("_total" if metric.type == "counter" else "") for metric in Figures().registry.collect()}
    paths = {route.path for route in health_routes({}, Figures())}
    guide = _text(DOCS / "operations.md")
    assert [name for name in sorted(metrics | paths) if f"`{name}`" not in guide] == []


def test_every_place_where_failures_are_recorded_is_in_the_operators_guide() -> None:
    source = "\n".join(_text(path) for path in (ROOT / "bot").rglob("*.py"))
    recorded = re.sub(r"\(\n\s+", "(", source)
    places = set(re.findall(r'(?:Failure|_fail)\([^"\n]*"([a-z]+\.[a-z]*)', recorded))
    guide = _text(DOCS / "operations.md")
    assert {"turn.", "lender.", "telegram.send", "telegram.update"} <= places
    assert [place for place in sorted(places) if f"`{place}" not in guide] == []


MESSAGES: Final = read_documents()["messages"]
_COMMAND_ROW: Final = re.compile(r"^ *\| `/(\w+)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


@pytest.mark.parametrize("row", _COMMAND_ROW.findall(_text(DOCS / "conversation.md")), ids=lambda row: row[0])
def test_words_that_customers_may_use_are_those_that_are_understood(row: tuple[str, str, str]) -> None:
    for locale, words in (("en", row[1]), ("zh", row[2])):
        understood = MESSAGES[locale][f"command.{row[0]}.words"].split("|")
        assert {f"/{row[0]}", *(word.strip() for word in words.split(","))} <= set(understood)


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("0*.md")), ids=_named)
def test_a_decision_says_context_decision_and_consequences_and_is_listed(page: Path) -> None:
    assert re.findall(r"^## (.+)$", _text(page), re.MULTILINE) == ["Context", "Decision", "Consequences"]
    title = re.match(rf"# {page.name[:4]}: (.+)\n", _text(page))
    assert title
    assert f"| [{page.name[:4]}]({page.name}) | {title[1]} |" in _text(DOCS / "decisions" / "README.md")


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]["version"]
    assert version in _text(ROOT / "CHANGELOG.md")


# Files

MODULES: Final = [path for path in TRACKED if path.suffix == ".py" and path.parts[len(ROOT.parts)] in ("bot", "bench")]


@pytest.mark.parametrize("module", MODULES, ids=_named)
def test_every_module_says_what_it_is_about(module: Path) -> None:
    assert ast.get_docstring(ast.parse(_text(module)))


_MACHINE: Final = re.compile(r"(?<![\w.~])/(?:home|root|work|Users|opt|mnt|srv)/\w|\b[A-Z]:\\\w")
_REGISTRY: Final = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|(?<!emit-)(?:index|find)-(?:url|links)\b"
)


def test_no_file_holds_a_path_of_one_machine_or_the_address_of_a_package_registry() -> None:
    found = [
        f"{_named(path)}: {match[0]}"
        for path in TRACKED
        for pattern in (_MACHINE, _REGISTRY)
        for match in pattern.finditer(_text(path))
    ]
    assert found == []


LOCKS: Final = ("runtime", "dev")
_LOCKED: Final = re.compile(r"([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==[\w.+!]+(?: ; .+)?")


def _requirements(lock: str) -> dict[str, list[str]]:
    """Each requirement of a lock with what is said about it."""
    whole = _text(ROOT / "locks" / f"{lock}.txt").replace("\\\n", "\n")
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, whole.splitlines())):
        if line.startswith("--"):
            found[next(reversed(found), "")].append(line)
        else:
            found[line] = []
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_versions_by_hash_and_says_nothing_else(lock: str) -> None:
    for requirement, options in _requirements(lock).items():
        assert _LOCKED.fullmatch(requirement), requirement
        assert options, f"{requirement} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option) for option in options), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_all_that_the_project_asks_for(lock: str) -> None:
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))
    groups = project["dependency-groups"]
    asked = [*project["project"]["dependencies"], *groups["build"], *(groups["dev"] if lock == "dev" else ())]
    names = {re.split(r"[\[ ~=<>;]", line, maxsplit=1)[0].lower().replace("_", "-") for line in asked}
    pinned = {re.split(r"[\[=]", line, maxsplit=1)[0] for line in _requirements(lock)}
    assert sorted(names - pinned) == []


_WITHOUT_DEVELOPMENT: Final = """
import sys
from importlib.metadata import packages_distributions

locked = set(sys.argv[1:]) | {"tillwise"}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        owners = {one.lower().replace("_", "-") for one in known.get(name.partition(".")[0], ())}
        if owners and not owners & locked:
            raise ModuleNotFoundError(f"{name} is not in the lock", name=name)

known = packages_distributions()
sys.meta_path.insert(0, Refuse())
import bot.__main__
"""


def test_the_program_starts_with_what_the_lock_for_running_installs() -> None:
    pinned = {re.split(r"[\[=]", line, maxsplit=1)[0] for line in _requirements("runtime")}
    started = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _WITHOUT_DEVELOPMENT, *pinned],
        cwd=ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert started.returncode == 0, started.stderr


def test_the_folder_of_migrations_does_not_hide_the_library_of_its_name() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()
