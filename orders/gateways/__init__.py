"""The ways of paying: one module per provider behind one protocol."""
