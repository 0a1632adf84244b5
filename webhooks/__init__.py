"""Which other systems hear of changes, and have they heard?"""
