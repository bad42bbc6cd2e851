"""The Data page: samples of every class and what the audit found."""
