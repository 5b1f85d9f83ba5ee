"""Flows are drawn from the very tables that run."""

from __future__ import annotations

from bot.dialogs.diagram import diagram
from tests.unit.dialogs.flows import flow


def test_every_step_is_a_state_and_every_way_on_an_arrow() -> None:
    drawn = diagram(
        flow(
            "steps:\n"
            "  first: {ask: a, saves: x, accepts: words, goto: which}\n"
            "  which: {branch: [{when: 'x == \"y\"', goto: choose}], else: consent}\n"
            "  choose: {choose: b, goto: consent, options: [{id: one, label: c}, {id: two, label: d, goto: call}]}\n"
            "  consent: {consent: share, agreed: call, refused: end}\n"
            "  call: {call: quote, on: {quoted: rest, else: end}}\n"
            "  rest: {await: news, shows: e, on: {come: other}, options: [{id: go, label: f, goto: end}]}\n"
            "  other: {enter: home, goto: end}\n"
            "  end: {end: restart}"
        )
    )
    assert drawn == (
        "stateDiagram-v2\n"
        "    [*] --> first\n"
        "    first: first (ask)\n"
        "    first --> which\n"
        "    which: which (branch)\n"
        '    which --> choose: x == "y"\n'
        "    which --> consent: else\n"
        "    choose: choose (choose)\n"
        "    choose --> consent: one\n"
        "    choose --> call: two\n"
        "    consent: consent (consent)\n"
        "    consent --> call: agreed\n"
        "    consent --> end: refused\n"
        "    call: call (call)\n"
        "    call --> rest: quoted\n"
        "    call --> end: else\n"
        "    rest: rest (await)\n"
        "    rest --> other: come\n"
        "    rest --> end: go\n"
        "    other: other (enter)\n"
        "    other --> end: after home\n"
        "    end: end (end)\n"
        "    end --> [*]: restart\n"
    )
