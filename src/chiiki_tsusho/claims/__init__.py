"""Typed visits become claims: units, limit, yen, and what holds them."""
