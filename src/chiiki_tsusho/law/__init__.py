"""The dated tables of the law and the two roundings; nothing here knows a visit."""
