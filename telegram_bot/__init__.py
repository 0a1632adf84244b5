"""The shop as a Telegram chat: what comes in, what goes out, and the screens between."""
