"""The page of two hyperparameters at a time: which, what its address says, how the grid fills."""
