"""The official evaluation of AVA ActiveSpeaker, with the checks, intervals and parts that its script lacks."""
