"""What the lender sells: catalogue, repayment, cost, pricing, quotes, eligibility, recommendation, case stories. Pure.

The rules are written in prose in `docs/algorithms/`; the shipped data are `catalogue/*.yaml` and `stories/*.yaml`.
"""
