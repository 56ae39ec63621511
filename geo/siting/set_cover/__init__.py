"""The fewest or cheapest sites that reach everybody, or a share of all or of each subdistrict."""
