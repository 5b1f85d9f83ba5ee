"""A link as a QR code that another phone reads off the screen."""

from __future__ import annotations

from io import BytesIO

import segno

from bot.conversation.ports import Document


def qr_code(address: str, name: str) -> Document:
    """The picture of the code of `address`, 25 to 45 modules wide at ten pixels each, with its quiet zone."""
    made = BytesIO()
    segno.make(address, error="m", micro=False).save(made, kind="png", scale=10, border=4)
    return Document(f"{name}.png", "image/png", made.getvalue())
