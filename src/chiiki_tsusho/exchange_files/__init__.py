"""Files exchanged with 国保連: the claim file written, read and audited; returns read."""
