"""Results as tables and words; what charts draw, and what the page says."""
