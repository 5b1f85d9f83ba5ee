"""Answers to free questions: `content learn` and `content evaluate`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot import resources
from bot.commands.shell import fail, plain
from bot.core.errors import ContentError
from bot.publishing.answers import parse_phrasings
from bot.publishing.embedding import PACKAGE, installed
from bot.publishing.evaluation import Question, compare, read_questions, table
from bot.publishing.finder import Phrasings
from bot.publishing.semantics import best_finders, digest_of, learn
from bot.publishing.sources import parse_yaml, read_documents
from bot.settings import load_storage


def content_learn() -> None:
    """Learn the meanings of the authored ways of asking, for starts without that work. Takes a minute."""
    if not installed():
        fail(f"the package {PACKAGE} is not installed here; there is a wheel for Linux on x86-64")
    asked = _phrasings()
    learn(asked).save(resources.meanings(), digest_of(asked))
    typer.echo(f"Written to {resources.meanings().name}.")


def content_evaluate(
    files: Annotated[list[Path], typer.Argument(help="Labelled questions: docs/answers.md tells the form.")],
) -> None:
    """Measure on labelled questions how well free questions find their answers; prints a Markdown table."""
    questions = [question for file in files for question in plain(partial(_read, file))]
    typer.echo(table(compare(_phrasings(), questions, best_finders(plain(load_storage).data_dir / "meanings"))))


def _phrasings() -> Phrasings:
    return plain(lambda: parse_phrasings(read_documents()["answers"]))


def _read(file: Path) -> tuple[Question, ...]:
    try:
        return read_questions(parse_yaml(file.read_text(encoding="utf-8"), file.name), file.name)
    except OSError:
        raise ContentError(f"{file.name} cannot be read; name a file of labelled questions") from None
