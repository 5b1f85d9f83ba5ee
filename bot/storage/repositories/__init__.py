"""The records of each part on PostgreSQL, one port a module."""
