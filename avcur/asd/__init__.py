"""Whether a face speaks in each frame, by a network that sees it and hears the sound."""
