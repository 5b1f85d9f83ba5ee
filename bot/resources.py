"""Where the authored files lie: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def locales() -> Path:
    """The folder of gettext catalogues: `<locale>/LC_MESSAGES/<domain>.po`."""
    return _beside_or_inside("locales")


def migrations() -> Path:
    """The folder of schema migrations."""
    return _beside_or_inside("alembic")


def flows() -> Path:
    """The folder of authored flows."""
    return PACKAGE / "dialogs" / "flows"


def commands() -> Path:
    """The file that says which flow each command opens."""
    return PACKAGE / "dialogs" / "commands.yaml"


def products() -> Path:
    """The folder of authored products."""
    return PACKAGE / "products" / "catalogue"


def case_stories() -> Path:
    """The folder of authored case stories."""
    return PACKAGE / "products" / "stories"


def answers() -> Path:
    """The folder of approved answers and how customers ask for them."""
    return PACKAGE / "publishing" / "answers"


def meanings() -> Path:
    """What was learnt from the shipped ways of asking; written by `content learn`."""
    return answers() / "learnt.npz"


def notices() -> Path:
    """The folder of consent notices."""
    return PACKAGE / "applications" / "notices"


def lead_rules() -> Path:
    """The file that says which leads are high-value."""
    return PACKAGE / "handoff" / "rules.yaml"


def field_leads() -> Path:
    """The file that says how long the links of field agents' leads hold."""
    return PACKAGE / "growth" / "field_leads.yaml"


def retention() -> Path:
    """The file that says how long personal data is kept."""
    return PACKAGE / "applications" / "retention.yaml"


def appointments() -> Path:
    """The file that says when customers can be called back or visited."""
    return PACKAGE / "handoff" / "appointments.yaml"


def branches() -> Path:
    """The folder of the lender's branches."""
    return PACKAGE / "handoff" / "branches"


def desk() -> Path:
    """The file that says how fast customers are to meet a person."""
    return PACKAGE / "handoff" / "desk.yaml"


def claims() -> Path:
    """The file that says what must not be said, in texts and by account managers."""
    return PACKAGE / "handoff" / "claims.yaml"


def usual_times() -> Path:
    """The file that says how long each stage usually takes, until our own history does."""
    return PACKAGE / "applications" / "usual_times.yaml"


def signals() -> Path:
    """The file that says which signals make an application worth a question or a second look."""
    return PACKAGE / "applications" / "signals.yaml"


def _beside_or_inside(name: str) -> Path:
    """A wheel carries the folder inside the package; a checkout has it beside."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name
