"""The interfaces of other packages on this engine."""
