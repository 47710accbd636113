"""Two tables compared, and a batch as a page."""
