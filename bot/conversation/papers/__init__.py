"""Papers: files that the bot makes for a customer, each to be read by a person and by a machine."""
