"""Filters of the pages that customers see."""
