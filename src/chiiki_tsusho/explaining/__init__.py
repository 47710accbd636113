"""One visit and one claim, step by step."""
