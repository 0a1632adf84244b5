"""What a person would pick instead of the shop, written as they would write it well."""
