"""How do staff read a moment? As in the shop's logs: short, and in the order of time."""

DATETIME_FORMAT = "Y-m-d H:i"
