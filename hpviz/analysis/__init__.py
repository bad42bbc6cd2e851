"""What runs mean: frames for charts, and judgements on them. Pure functions of stored runs."""
