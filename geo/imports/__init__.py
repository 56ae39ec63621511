"""From a file to an edition: reading, checking, placing, loading, counting, activating."""
