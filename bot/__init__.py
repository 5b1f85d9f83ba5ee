"""Tillwise: a lender's conversational bot for micro and small businesses."""

__version__ = "0.1.0"
