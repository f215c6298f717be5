"""Search: what people type, found in the index of the release that they see."""
