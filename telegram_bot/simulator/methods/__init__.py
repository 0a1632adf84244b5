"""Which methods of the Bot API are acted out, and how?"""
