"""Plans exchanged with care managers: visits and persons made of them, what was done sent back."""
