"""Maximum coverage: an anytime ladder from greedy to a tree of our own; begin at
:mod:`~geo.siting.max_cover.solve` and :mod:`~geo.siting.max_cover.ladder`."""
