"""The Overview: the scoreboard of claims and what they still need."""
