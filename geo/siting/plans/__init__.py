"""Saved scenarios: worked out in the background, told in facts, and followed from the first talk
with a host to the opening."""
