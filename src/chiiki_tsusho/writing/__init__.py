"""Claims become files or frames, whole or not at all."""
