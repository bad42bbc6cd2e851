"""A study's page, the same for all four: what is held, launched, drawn and judged."""
