"""What the bot says: pure functions from values to screens, in the language that is active."""
