"""Runs: what is remembered of them, who works on them, and the queue in which they wait."""
