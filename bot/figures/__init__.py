"""Tables and charts on their way to a screen: put into words, laid out, and drawn."""
