"""How fast hpviz is, measured against what one would write without it."""
