"""Councils and filings a provider owes beside its claims: what is wrong, what is due, papers."""
