"""What does it cost, for whom, and why?"""
