"""Measurements and clustering."""
