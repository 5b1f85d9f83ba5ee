"""Jobs: events that are due later, submissions to the lender, and what is done from time to time."""
