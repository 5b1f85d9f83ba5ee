"""The base of every error; the class says whose fault it is, the docstring of a class is its meaning.

`TillwiseError`
├── `SettingsError`     the operator's: a setting is missing or wrong
├── `ContentError`      the author's: published or authored content is wrong
├── `RuleError`         the author's: an expression does not compile or evaluate
├── `InputError`        the customer's: typed input that is not what was asked
├── `GatewayError`      another system's: it refused, or could not be reached
└── `StateError`        ours: a stored state cannot be read
"""


class TillwiseError(Exception):
    """Base of all errors that Tillwise raises on purpose; its text never holds personal data."""


class SettingsError(TillwiseError):
    """A setting from the environment is missing or wrong; the text says which and what to do."""


class ContentError(TillwiseError):
    """Authored or published content is wrong; the text names file, field and remedy."""


class RuleError(TillwiseError):
    """A rule does not compile, or cannot be evaluated against the values it was given."""


class GatewayError(TillwiseError):
    """Another system refused a call or could not be reached."""


class StateError(TillwiseError):
    """A stored state or value cannot be read by this version of the program."""
