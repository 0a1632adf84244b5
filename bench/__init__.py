"""How fast is the shop beside what a person would pick instead?"""
