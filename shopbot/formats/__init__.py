"""How are moments written where Django's own form takes too much room?"""
