"""Settings from the environment, read once, each with the prefix `BOT_`. Documented in `docs/settings.md`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.core.errors import SettingsError

_HERE: Final = ("localhost", "127.0.0.1", "::1")


def _without_slash(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("it must begin with http:// or https://")
    return url.rstrip("/")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("it must be the name of a time zone, such as Asia/Shanghai") from None
    return name


def _safe_on_the_way(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and (parts.scheme, parts.hostname in _HERE) != ("http", True)):
        raise ValueError("it must begin with https://, or with http:// where it is on this machine")
    return url


Zone = Annotated[str, AfterValidator(_known_zone)]
Url = Annotated[str, AfterValidator(_without_slash)]
SafeUrl = Annotated[str, AfterValidator(_safe_on_the_way)]


def _listed(secret: SecretStr | None) -> tuple[str, ...]:
    whole = secret.get_secret_value() if secret else ""
    return tuple(part.strip() for part in whole.split(",") if part.strip())


class Settings(BaseSettings):
    """All settings; what is secret is never printed."""

    model_config = SettingsConfigDict(env_prefix="BOT_", extra="ignore", frozen=True, env_ignore_empty=True)

    token: SecretStr = Field(description="The bot's token, from BotFather: `123456:ABC…`.")
    telegram_api: Url = Field("https://api.telegram.org", description="Base URL of the Bot API server.")
    database_url: SecretStr | None = Field(
        None, description="A PostgreSQL server, `postgresql://user@host/database`. Unset: an embedded one."
    )
    data_dir: Path = Field(Path("var"), description="Where the embedded PostgreSQL keeps its data.")
    master_keys: SecretStr | None = Field(
        None,
        description="The keys that wrap those of people, `mk_…`, from `keys new`. Several, separated by commas: the first wraps.",
    )
    keys_url: SecretStr | None = Field(
        None, description="The database of people's keys. Unset: beside the main one, with `_keys` behind its name."
    )
    database_connections: int = Field(
        10, ge=2, le=200, description="Most connections that turns of one process hold at a time."
    )
    webhook_url: Url | None = Field(
        None, description="The public address that Telegram brings updates to. Unset: the bot asks for them (polling)."
    )
    webhook_secret: SecretStr | None = Field(
        None, description="What Telegram shows with each update: 16 to 256 letters, digits, `_` or `-`."
    )
    host: str = Field("127.0.0.1", description="The address the web server listens on.")
    port: int = Field(8080, ge=0, le=65535, description="The port the web server listens on.")
    console_url: Url | None = Field(
        None, description="Where staff reach the web server. Unset: the webhook's address, else host and port."
    )
    lender_url: Url | None = Field(
        None, description="Base URL of the lender's loan-origination system. Unset: applications cannot be submitted."
    )
    lender_secret: SecretStr | None = Field(
        None,
        description="Secret shared with the lender, `whsec_…`. Several, separated by commas, while keys are rotated; the first signs.",
    )
    lender_form: Url | None = Field(
        None,
        description="Address of the lender's own form for identity and account, with `{reference}`; links are signed and end. Unset: none.",
    )
    crm_url: SafeUrl | None = Field(
        None, description="The address that a customer-relations system takes events of leads at. Unset: none are sent."
    )
    crm_secrets: SecretStr | None = Field(
        None,
        description="Secret shared with that system, `whsec_…`. Several, separated by commas, while keys are rotated; each signs.",
    )
    signals_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Secret of the keyed hashes by which applications of different accounts are compared. Unset: they are not.",
    )
    operator: Literal["lender", "third_party"] = Field(
        "lender", description="Who runs the bot. A `third_party` shows no quotes and takes no applications."
    )
    default_locale: str = Field("zh", description="The language for people whose own has no texts.")
    timezone: Zone = Field("Asia/Shanghai", description="The market's time zone.")
    region: str = Field("CN", pattern="^[A-Z]{2}$", description="The market's region, for telephone numbers.")
    currency: str = Field("CNY", pattern="^[A-Z]{3}$", description="The market's currency.")
    messages_per_second: float = Field(
        30, ge=0, description="Most messages a second in all, as Telegram allows. 0: no limit."
    )
    messages_per_chat: float = Field(
        1, ge=0, description="Most messages a second in one chat, with short bursts of three. 0: no limit."
    )
    rich_messages: Literal["auto", "off"] = Field(
        "auto", description="Whether tables are rich messages where the Bot API server offers them, or always text."
    )
    files: Path | None = Field(
        None,
        description="Where files that customers send lie, each encrypted under its person's key. Unset: `files` in `BOT_DATA_DIR`.",
    )
    scanner: str | None = Field(
        None,
        description="A virus scanner that speaks ClamAV's protocol, `tcp://host:3310` or `unix:///path`. Unset: files are not scanned.",
    )
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written.")

    @field_validator("token")
    @classmethod
    def _token(cls, token: SecretStr) -> SecretStr:
        number, _, rest = token.get_secret_value().partition(":")
        if not number.isdecimal() or not rest:
            raise ValueError("it must look like 123456:ABC…, as BotFather gives it")
        return token

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, secret: SecretStr | None) -> SecretStr | None:
        value = secret.get_secret_value() if secret else None
        if value is not None and not (16 <= len(value) <= 256 and value.replace("_", "").replace("-", "").isalnum()):
            raise ValueError("it must have 16 to 256 letters, digits, _ or -")
        return secret

    @property
    def console(self) -> str:
        """Where staff reach the web server."""
        return self.console_url or self.webhook_url or f"http://{self.host}:{self.port}"

    @property
    def signals_secret(self) -> bytes | None:
        """The secret of the hashes by which accounts are compared."""
        return self.signals_key.get_secret_value().encode() if self.signals_key else None

    @property
    def master_key_list(self) -> tuple[str, ...]:
        """The master keys, the one that wraps first."""
        return _listed(self.master_keys)

    @property
    def lender_secrets(self) -> tuple[str, ...]:
        """The lender's secrets, the one to sign with first."""
        return _listed(self.lender_secret)

    @property
    def crm_signing(self) -> tuple[str, ...]:
        """The secrets that events to the customer-relations system are signed by."""
        return _listed(self.crm_secrets)

    @property
    def bot_number(self) -> int:
        """Telegram's number of the bot, which is no secret."""
        return int(self.token.get_secret_value().partition(":")[0])


def load(given: Mapping[str, Any] | None = None) -> Settings:
    """The settings of the environment, with `given` over them. Raises `SettingsError` with one clear sentence."""
    try:
        settings = Settings(**(given or {}))
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(one)) for one in error.errors())) from None
    if settings.webhook_url and not settings.webhook_secret:
        raise SettingsError("BOT_WEBHOOK_SECRET is missing: with BOT_WEBHOOK_URL, set it to 16 or more random letters")
    if settings.lender_url and not settings.lender_secrets:
        raise SettingsError(
            "BOT_LENDER_SECRET is missing: with BOT_LENDER_URL, set it to the secret shared with the lender"
        )
    if settings.crm_url and not settings.crm_signing:
        raise SettingsError(
            "BOT_CRM_SECRETS is missing: with BOT_CRM_URL, set it to the secret shared with the customer-relations system"
        )
    if settings.lender_form and ("{reference}" not in settings.lender_form or not settings.lender_secrets):
        raise SettingsError(
            "BOT_LENDER_FORM is wrong: it must have {reference} in it, and BOT_LENDER_SECRET must be set"
        )
    return settings


class StorageSettings(BaseSettings):
    """What commands need that only touch the database."""

    model_config = Settings.model_config

    database_url: SecretStr | None = None
    data_dir: Path = Path("var")
    master_keys: SecretStr | None = None
    keys_url: SecretStr | None = None
    files: Path | None = None
    default_locale: str = "zh"
    timezone: Zone = "Asia/Shanghai"
    currency: str = Field("CNY", pattern="^[A-Z]{3}$")
    token: SecretStr | None = None
    telegram_api: Url = "https://api.telegram.org"

    @property
    def master_key_list(self) -> tuple[str, ...]:
        """The master keys, the one that wraps first."""
        return _listed(self.master_keys)


def load_storage() -> StorageSettings:
    """The settings of a command that needs no bot. Raises `SettingsError`."""
    try:
        return StorageSettings()
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(one)) for one in error.errors())) from None


def _sentence(error: dict[str, Any]) -> str:
    """One validation error in words; the value itself is not repeated, since it may be secret."""
    name = f"BOT_{str(error['loc'][0]).upper()}" if error["loc"] else "a setting"
    if error["type"] == "missing":
        return f"{name} is missing: {Settings.model_fields[str(error['loc'][0])].description}"
    return f"{name} is wrong: {str(error['msg']).removeprefix('Value error, ')}"
