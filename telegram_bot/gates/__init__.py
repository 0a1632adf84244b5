"""Channels and groups that only those who hold an entitlement may be in."""
