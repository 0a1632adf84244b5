"""What every app may use and no rule of the shop lives in: money, errors, clock, events, versions."""
