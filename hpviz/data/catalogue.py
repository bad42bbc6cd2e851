"""The data sets by name: where each comes from, whether it is ready, and how to make it so."""
