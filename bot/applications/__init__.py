"""What a customer applies for: consent, the pre-application, the lender's events and the progress they amount to."""
