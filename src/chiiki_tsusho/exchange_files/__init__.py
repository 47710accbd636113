"""Files exchanged with 国保連 and care managers: the claim file written, read and audited."""
