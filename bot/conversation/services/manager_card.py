"""A customer asks who the account manager is: the photo, what there is to say, and a card for the address book."""

from __future__ import annotations

from bot.conversation.ports import Document
from bot.conversation.services.call import Call, Result
from bot.core.values import Text
from bot.handoff.introductions import introduction, vcard


async def manager_card(call: Call) -> Result:
    """The manager who has the customer, else the customer's own; `none` where there is neither."""
    lead = await call.work.leads.open_of(call.conversation.id)
    number = lead.manager if lead is not None and lead.manager is not None else None
    number = number or await call.work.assignments.owner_of(call.conversation.id)
    manager = await call.work.managers.get(number) if number is not None else None
    if manager is None:
        return Result("none", {})
    told, photo = introduction(manager), await call.work.managers.photo(manager.id)
    shown = Text("manager_card.about", told)
    if photo is not None:
        call.hand(Document("photo", photo.media_type, photo.content), shown)
    else:
        call.tell(shown)
    if manager.profile.phone is not None:
        texts, lender = call.content.texts, Text(f"lender.{call.content.catalogue.lender.id}")
        role = told["role"]
        said = texts.label(role, call.locale) if isinstance(role, Text) else str(role)
        card = vcard(manager.name, said, texts.label(lender, call.locale), manager.profile.phone)
        call.hand(Document(f"{manager.name}.vcf", "text/vcard", card.encode()), Text("manager_card.keep"))
    return Result("told", {})
