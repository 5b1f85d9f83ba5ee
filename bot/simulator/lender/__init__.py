"""A demo lender: a loan-origination system of its own, reached over HTTP like a real one.

`create_lender` makes the application. The lender, Rivergate Microfinance, is fictional.
"""

from bot.simulator.lender.app import create_lender

__all__ = ["create_lender"]
