"""AVA ActiveSpeaker: faces followed through films, with a label for every frame."""
