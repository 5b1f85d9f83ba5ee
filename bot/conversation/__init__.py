"""The turn: one customer event in, one transaction, effects out. Everything that touches the world is a port here."""
