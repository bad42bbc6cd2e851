"""Pure functions: a frame in, an Altair chart out."""
