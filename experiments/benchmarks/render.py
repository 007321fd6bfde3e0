"""How long a minute of the synthetic corpus takes to render: `python experiments/benchmarks/render.py`."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from avcur.media.probe import probe
from avcur.sources.synthetic.corpus import SyntheticSource


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--utterances", type=int, default=2)
    parser.add_argument("--audio-clips", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = SyntheticSource(
            Path(folder),
            seed=0,
            scenes=arguments.scenes,
            utterances=arguments.utterances,
            audio_clips=arguments.audio_clips,
        )
        began = time.perf_counter()
        recordings = source.recordings()
        seconds = time.perf_counter() - began
        minutes = {"video": 0.0, "sound": 0.0}
        for recording in recordings:
            found = probe(recording.path)
            minutes["video" if found.has_video else "sound"] += (found.duration or 0.0) / 60
    whole = sum(minutes.values())
    print(
        f"{len(recordings)} recordings, {minutes['video']:.2f} min of video and {minutes['sound']:.2f} min of sound "
        f"in {seconds:.1f} s: {seconds / whole:.1f} s a minute of corpus, "
        f"{seconds / minutes['video']:.1f} s a minute of video were the sound free"
    )


if __name__ == "__main__":
    main()
