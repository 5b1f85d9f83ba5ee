"""What every other part shares: typed values, their codec, rules, time, identifiers, errors. Pure."""
