"""What can be done with orders and money; one module for each group of verbs."""
