"""The bot's account and what its profile says: commands, name and descriptions, by language."""

from __future__ import annotations

import re
from typing import Any, Final

from telegram import BotCommand, BotDescription, BotName, BotShortDescription, MenuButtonCommands, MenuButtonDefault

from bot.simulator.errors import bad_request
from bot.simulator.methods.call import Call, Method, Methods

COMMANDS: Final = 100
_COMMAND = re.compile(r"/?([a-z0-9_]{1,32})$")


def get_me(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#getme as documented."""
    return call.bot.account


def _command_key(call: Call) -> tuple[str, ...]:
    scope = call.arguments.json("scope", "BotCommandScope") or {"type": "default"}
    if not isinstance(scope, dict) or not isinstance(scope.get("type"), str):
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    return "commands", scope["type"], str(scope.get("chat_id", "")), call.arguments.text("language_code")


def set_my_commands(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#setmycommands as documented."""
    given = call.arguments.json("commands", "commands")
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    call.bot.profile[_command_key(call)] = [_command(one) for one in given]
    return True


def _command(given: Any) -> BotCommand:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    match = _COMMAND.match(str(given.get("command", "")))
    if match is None:
        raise bad_request("BOT_COMMAND_INVALID")
    description = str(given.get("description", "")).strip()
    if not description:
        raise bad_request("command description must be non-empty")
    if len(description) > 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return BotCommand(match.group(1), description)


def get_my_commands(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#getmycommands as documented."""
    return call.bot.profile.get(_command_key(call), [])


def delete_my_commands(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#deletemycommands as documented."""
    call.bot.profile.pop(_command_key(call), None)
    return True


def _setter(field: str, longest: int) -> Method:
    def set_field(call: Call) -> Any:
        value = call.arguments.text(field)
        if len(value) > longest:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        call.bot.profile[field, call.arguments.text("language_code")] = value
        return True

    return set_field


def _getter(field: str, typed: type[BotName | BotDescription | BotShortDescription], default: str = "") -> Method:
    def get_field(call: Call) -> Any:
        own = call.bot.profile.get((field, call.arguments.text("language_code")))
        return typed(own or call.bot.profile.get((field, "")) or default or _account_name(call, field))

    return get_field


def _account_name(call: Call, field: str) -> str:
    return call.bot.user.first_name if field == "name" else ""


def set_chat_menu_button(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#setchatmenubutton as documented."""
    button = call.arguments.json("menu_button", "menu button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in ("default", "commands", "web_app"):
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    call.bot.profile["menu_button", call.arguments.text("chat_id")] = button
    return True


def get_chat_menu_button(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#getchatmenubutton as documented."""
    chosen = call.bot.profile.get(("menu_button", call.arguments.text("chat_id")), {"type": "default"})
    plain = {"default": MenuButtonDefault, "commands": MenuButtonCommands}.get(chosen["type"])
    return plain() if plain is not None else chosen


def agree(_: Call) -> Any:
    """`logOut` and `close`, which change nothing here."""
    return True


METHODS: Methods = {
    "getme": get_me,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "setmyname": _setter("name", 64),
    "getmyname": _getter("name", BotName),
    "setmydescription": _setter("description", 512),
    "getmydescription": _getter("description", BotDescription),
    "setmyshortdescription": _setter("short_description", 120),
    "getmyshortdescription": _getter("short_description", BotShortDescription),
    "setchatmenubutton": set_chat_menu_button,
    "getchatmenubutton": get_chat_menu_button,
    "logout": agree,
    "close": agree,
}
