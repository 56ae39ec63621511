"""Maximum coverage where a site serves at most so many."""
