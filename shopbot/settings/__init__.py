"""The shop's settings: ``production`` for every server and command, ``test`` for the tests."""
