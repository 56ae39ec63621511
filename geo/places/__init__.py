"""Places by name: stations, areas, streets and buildings, for people who give no position.

`gather` reads them from PostGIS, `index` holds them in memory, `search` finds and ranks, `holder`
keeps the index of the active editions.
"""
