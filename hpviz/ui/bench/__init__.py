"""The bench: what every page that holds runs against each other draws of a `Comparison`, and one way to draw it."""
