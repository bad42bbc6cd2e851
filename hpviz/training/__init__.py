"""Training as a generator of events. Importing this package, or its `events`, does not load torch."""
