"""A fuzzer: files as people and programs spoil them, and what must hold for all of them."""
