"""What customers order, how they pay for it, and what happens to the money."""
