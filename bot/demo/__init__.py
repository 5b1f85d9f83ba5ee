"""The demo: bot, simulator and demo lender in one program, each reached by the others over real HTTP, with people to play."""

from bot.demo.house import Demo, demo

__all__ = ["Demo", "demo"]
