"""Field agents in their own chats, and owners who open what an agent has entered."""

from __future__ import annotations

from typing import Final

from bot.conversation.field_leads import FieldLeadDesk
from bot.conversation.rendering import trimmed
from bot.conversation.services.call import Call, Result
from bot.core.values import Text, Value, Values
from bot.growth.field_leads import FieldLead, without_numbers
from bot.handoff.cards import blotted
from bot.handoff.invitations import hashed

MET: Final = ("met_place", "met_segment", "met_purpose", "met_amount", "met_note")
"""What an agent answers about an owner who was met; it is not kept with what is known of the agent."""
PLACES: Final = 8
LISTED: Final = 10
_NOTHING_MET: Final[Values] = dict.fromkeys(MET)


async def join_as_agent(call: Call) -> Result:
    """The chat of whoever has come by an agent's invitation is the agent's from now on; `none` where it was used, or is none."""
    here = await call.work.field_agents.by_conversation(call.conversation.id)
    invited = await call.work.field_agents.by_invitation(hashed(call.text("link_code")))
    if here is not None or invited is None:
        return Result("agent" if here else "none", {"agent_name": here.name if here else None})
    await call.work.field_agents.joined(invited.id, call.conversation.id)
    call.audit("agent.joined", agent=invited.id)
    return Result("agent", {"agent_name": invited.name})


async def begin_field_lead(call: Call) -> Result:
    """An agent enters somebody who was met: `one` place is taken, of `several` one is chosen; `full`, or `none` for who is no agent."""
    agent = await call.work.field_agents.by_conversation(call.conversation.id)
    links = await call.work.field_agents.links_of(agent.id) if agent else ()
    if agent is None or not links:
        return Result("none", {})
    if not await _desk(call).room(agent):
        return Result("full", {"most": call.content.field_leads.at_once})
    places: dict[str, Value] = {f"place_{number}": link.place for number, link in enumerate(links[:PLACES], 1)}
    names = tuple(f"p{number}" for number in range(1, len(places) + 1))
    found: Values = {**_NOTHING_MET, **places, "place_names": names}
    return Result("one", {**found, "met_place": "p1"}) if len(names) == 1 else Result("several", found)


async def blot_note(call: Call) -> Result:
    """The agent's free words without numbers that could be somebody's: `blotted` where there were some."""
    said = call.text("met_note")
    kept = without_numbers(blotted(said), call.market.region)
    return Result("clean" if kept == said else "blotted", {"met_note": kept or None})


async def make_field_lead(call: Call) -> Result:
    """The link for the owner, as words and as a picture."""
    agent = await call.work.field_agents.by_conversation(call.conversation.id)
    links = await call.work.field_agents.links_of(agent.id) if agent else ()
    number = call.text("met_place").removeprefix("p")
    if agent is None or not number.isdecimal() or not 1 <= int(number) <= len(links):
        return Result("none", _NOTHING_MET)
    entry = {name.removeprefix("met_"): call.values.get(name) for name in MET[1:] if call.values.get(name) is not None}
    place = links[int(number) - 1].place
    await _desk(call).make(agent, call.conversation, place, entry, call.market.bot)
    return Result("made", _NOTHING_MET)


async def list_field_leads(call: Call) -> Result:
    """An agent's newest links, each with how it stands."""
    agent = await call.work.field_agents.by_conversation(call.conversation.id)
    if agent is None:
        return Result("none", {})
    found = await call.work.field_leads.of_agent(agent.id, LISTED)
    lines = tuple(trimmed(_line(one), call.content.texts) for one in found)
    return Result("found" if found else "empty", {"field_lead_lines": lines})


def _line(lead: FieldLead) -> Text:
    state = Text(f"field_lead.state.{lead.state}", {"until": lead.expires_at})
    return Text("field_lead.line", {"number": lead.id, "place": lead.place, "state": state})


async def open_field_lead(call: Call) -> Result:
    """An owner opens the link of an agent and is shown who has entered what; `gone` where the link holds no longer."""
    lead = await _desk(call).open(call.conversation, call.text("link_code"))
    return Result("opened" if lead else "gone", {"field_lead": str(lead.id) if lead else None})


async def agree_field_lead(call: Call) -> Result:
    """The owner agrees: what was entered is theirs from now on, behind what they have said themselves."""
    lead = await _desk(call).agree(call.conversation, _number(call))
    if lead is None:
        return Result("gone", {})
    entered = {name: lead.entry.get(name) for name in ("segment", "purpose", "amount")}
    own = {name: call.values[name] for name in entered if call.values.get(name) is not None}
    note = lead.entry.get("note")
    return Result("agreed", {**entered, **own, "found_by": lead.told(), "field_note": note})


async def refuse_field_lead(call: Call) -> Result:
    """The owner does not agree."""
    await _desk(call).refuse(call.conversation, _number(call))
    return Result("refused", {})


def _number(call: Call) -> int:
    number = call.text("field_lead")
    return int(number) if number.isdecimal() else 0


def _desk(call: Call) -> FieldLeadDesk:
    return FieldLeadDesk(call.work, call.content, call.now)
