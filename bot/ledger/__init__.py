"""Ledgers that prove themselves: a canonical form of records, a hash chain over them, and the acts that are audited."""
