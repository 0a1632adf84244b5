"""Who answers what: parse, one service, present."""
