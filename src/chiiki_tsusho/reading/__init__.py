"""Files and frames become typed columns; every cell that cannot be read is named."""
