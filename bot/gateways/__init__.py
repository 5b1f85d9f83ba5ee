"""Other systems behind ports: messages out to the channel, applications out to the lender."""
