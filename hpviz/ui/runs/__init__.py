"""The Runs page: the table, what can be done with a run, and the disk it takes."""
