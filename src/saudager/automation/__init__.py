"""Rules (when, if, then) and sequences (step by step): written by the merchant, checked, tried out, run and traced."""
