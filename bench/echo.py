"""The stock echo bot to compare with: aiogram's own webhook server, its default session, everything as it comes.

`python -m bench.echo API PORT SECRET`.
"""

from __future__ import annotations

import sys

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from bench.telegram import TOKEN

dispatcher = Dispatcher()


@dispatcher.message()
async def echo(message: Message) -> None:
    """Say what was said."""
    await message.answer(message.text or "")


def main(api: str, port: str, secret: str) -> None:
    """Serve until told to end."""
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))

    async def tell_webhook(bot: Bot) -> None:
        await bot.set_webhook(f"http://127.0.0.1:{port}/telegram", secret_token=secret)

    dispatcher.startup.register(tell_webhook)
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=secret).register(app, path="/telegram")
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, host="127.0.0.1", port=int(port), print=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
