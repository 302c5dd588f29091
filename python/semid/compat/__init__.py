"""Other packages' interfaces on this engine."""
