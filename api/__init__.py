"""What may other programs ask the shop, and how are they answered?"""
