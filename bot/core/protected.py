"""What must never decide about credit, and what commonly stands in for it.

Rules are held to lists of what they may read; this list says why something else may not be added to them, and is what
tests and the content check hold those lists against. Words: `docs/algorithms/eligibility.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

PROTECTED: Final[Mapping[str, frozenset[str]]] = {
    "place": frozenset(
        ("place", "region", "province", "city", "county", "district", "village", "town", "address", "street", "postcode",
         "zip", "hukou", "residence", "location", "latitude", "longitude", "geo", "timezone", "area", "park")
    ),
    "name": frozenset(("name", "surname", "forename", "nickname", "username", "contact")),
    "language": frozenset(("language", "locale", "dialect", "accent")),
    "gender": frozenset(("gender", "sex", "female", "male", "title", "salutation", "pregnant", "pregnancy", "maternity")),
    "origin": frozenset(("ethnicity", "ethnic", "race", "nationality", "nation", "citizenship", "minority", "origin", "colour")),
    "belief": frozenset(("religion", "belief", "faith", "party", "political", "union")),
    "family": frozenset(("marital", "married", "marriage", "spouse", "wife", "husband", "divorced", "children", "child", "family")),
    "age": frozenset(("age", "birth", "birthday", "born", "zodiac", "retired", "retirement")),
    "health": frozenset(("disability", "disabled", "health", "illness", "medical")),
    "identity number": frozenset(("ric", "identity", "passport", "id", "uscc")),
    "telephone": frozenset(("phone", "mobile", "telephone", "prefix", "carrier", "device")),
    "picture": frozenset(("photo", "picture", "face", "avatar", "voice")),
}  # fmt: skip
"""By attribute, the words that name it or stand in for it: a name tells gender and origin, digits of an identity number place and
age, a telephone's prefix place, a language origin."""

_GROUNDS: Final = {word: ground for ground, words in PROTECTED.items() for word in words}
_WORD: Final = re.compile(r"[a-z]+")


def protected_in(names: Iterable[str]) -> tuple[str, str] | None:
    """The first of `names` that speaks of a protected attribute, and which; `home_city` does, `months_trading` does not."""
    for name in names:
        for word in _WORD.findall(name.casefold()):
            if word in _GROUNDS:
                return name, _GROUNDS[word]
    return None
