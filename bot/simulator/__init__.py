"""A local Telegram Bot API with its page, and a demo lender."""
