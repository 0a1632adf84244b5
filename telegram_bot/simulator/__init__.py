"""A Telegram of our own: a Bot API server and a chat page, for development and tests.

Nothing here touches the database or reaches beyond this machine.
"""
