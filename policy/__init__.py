"""Rules for every object of a stack."""
