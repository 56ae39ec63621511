"""The sites from which the longest walk is shortest."""
