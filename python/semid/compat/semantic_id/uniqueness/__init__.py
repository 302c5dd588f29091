"""One ID per item."""
