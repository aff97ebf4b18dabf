"""Who is far from which public service: what the inclusion notebook needs more than once."""
