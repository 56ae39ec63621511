"""Siting on plain files, without a database: tables in, PLAN.json out."""
