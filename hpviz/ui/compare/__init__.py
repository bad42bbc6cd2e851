"""The Compare page: which runs, what their address says, how they are held against each other."""
