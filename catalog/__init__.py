"""What is sold: categories, products, their tiers, and stock."""
