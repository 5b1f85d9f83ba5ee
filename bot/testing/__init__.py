"""Hand-written doubles of the ports for tests and stories: storage in memory, a clock that stands still."""
