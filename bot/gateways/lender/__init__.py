"""The lender's loan-origination system: applications out, signed events in. The agreement is `docs/lender-api.md`."""
