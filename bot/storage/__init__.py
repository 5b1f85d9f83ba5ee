"""PostgreSQL: rows, statements, the unit of work, releases, inbox and outbox, migrations, and an embedded server."""
