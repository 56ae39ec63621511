"""Stations of all six kinds: what is known of them, and where they are."""
