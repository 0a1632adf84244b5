"""What every app may use: money, errors, clock, events, versions; no rule of the shop."""
