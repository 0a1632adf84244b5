"""A stand-in for Stripe that moves no money: for tests and for the shop without keys.

``world`` holds the state and no I/O. ``client`` puts it behind the SDK inside one process,
``app`` puts it on a port, with the hosted pages that a customer sees.
"""
