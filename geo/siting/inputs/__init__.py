"""Demand and candidates: estimated, registered, generated, imported."""
