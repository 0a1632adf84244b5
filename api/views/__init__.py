"""One module per noun; each view validates, calls one service or selector, and answers."""
