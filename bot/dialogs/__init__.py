"""The dialog engine: a conversation as a pure function of published content, state and event.

`model` says what a flow is, `state` where a customer stands, `events` what can happen, `effects` what the world is
asked to do, `engine` the one function that owns every transition. `reader` makes flows of authored files, `checks`
finds what is wrong with them, `diagram` draws them, `codec` stores states, `stories` reads conversations as tests.
"""
