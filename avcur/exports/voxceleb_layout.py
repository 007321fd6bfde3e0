"""Render voices as a corpus in VoxCeleb1's layout: `python -m avcur.exports.voxceleb_layout OUT --speakers 12`.

    OUT/vox1/wav/<speaker>/<video>/<utterance>.wav  ids of speakers id9..., of videos 11 characters, as YouTube's
    OUT/vox1_meta.csv                               separated by tabs; held-out speakers are of the Set test
    OUT/iden_split.txt                              1 train, 2 val, 3 test, by video; all speakers
    OUT/veri_test.txt                               trials of held-out speakers, as many of one as of two speakers

A video is a session with its own microphone and room. Pairs of one speaker are of two videos. Equal parameters give
equal files; what is there already is not rendered again.
"""

from __future__ import annotations

import argparse
import itertools
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from avcur.engines.progress import work_through
from avcur.errors import UserError, check_number, ends_cleanly
from avcur.records import Recording
from avcur.seeds import generator
from avcur.sources.synthetic.corpus import VERSION, SyntheticSource, render
from avcur.sources.synthetic.identity import identity
from avcur.sources.synthetic.settings import Settings
from avcur.store.commit import write_text
from avcur.store.keys import digest

META_HEADER = ("VoxCeleb1 ID", "VGGFace1 ID", "Gender", "Nationality", "Set")
_FEWEST_VIDEOS = 3
"""One for each side of the identification's split."""
_LIMITS = {"--seed": 9999, "--speakers": 999, "--videos": 99, "--utterances": 99_999}
"""What the digits of the ids can count."""
_FEW_SPEAKERS = 20
"""Training speakers of which a tenth is no two for validation."""
_TRIALS_A_SPEAKER = 50
"""Pairs of one speaker, at most, of each held-out one; and as many of it with others."""


@dataclass(frozen=True)
class Layout:
    """A corpus of rendered utterances in a folder; `test_share` of the speakers, two at least, are held out."""

    out: Path
    settings: Settings
    test_share: float = 0.25

    def __post_init__(self) -> None:
        check_number("--speakers", self.settings.speakers, least=4, whole=True)
        check_number("--videos", self.settings.sessions, least=_FEWEST_VIDEOS, whole=True)
        check_number("--utterances", self.settings.utterances, least=1, whole=True)
        if not 0 < self.test_share < 1:
            raise UserError(f"--test-share is a share between 0 and 1, got {self.test_share:g}")

    def write(self, num_workers: int | None = None) -> None:
        """Render what is missing and write all lists; a UserError where OUT holds another corpus."""
        key = self.out / "corpus.txt"
        if key.exists() and key.read_text(encoding="utf-8") != self.key:
            raise UserError(f"{self.out} holds another corpus; give another folder, or remove that one")
        write_text(key, self.key)
        missing = [recording for recording in self.recordings() if not recording.path.exists()]
        work_through("Rendering utterances", partial(render, self.settings), missing, num_workers)
        for name, lines in (("vox1_meta.csv", self.meta()), ("iden_split.txt", self.identification()),
                            ("veri_test.txt", self.trials())):  # fmt: skip
            write_text(self.out / name, "".join(f"{line}\n" for line in lines))

    @property
    def key(self) -> str:
        return digest(["voxceleb layout", VERSION, self.settings, self.test_share]) + "\n"

    def recordings(self) -> list[Recording]:
        """All utterances, each under the name and the session that its sound hangs on."""
        wav = self.out / "vox1" / "wav"
        counts = range(self.settings.speakers), range(self.settings.sessions), range(self.settings.utterances)
        return [
            Recording(
                f"utterance-{speaker:02d}-{video}-{number}", wav / self.file(speaker, video, number),
                speaker=f"spk{speaker:02d}", session=f"spk{speaker:02d}/ses{video}",
            )
            for speaker, video, number in itertools.product(*counts)
        ]  # fmt: skip

    def speaker(self, number: int) -> str:
        """An id that no real speaker has: those have five digits."""
        return f"id9{self.settings.seed:04d}{number:03d}"

    def file(self, speaker: int, video: int, number: int) -> str:
        """The path of an utterance as VoxCeleb's lists write it."""
        name = f"v{self.settings.seed:04d}_{speaker:03d}{video:02d}"
        return f"{self.speaker(speaker)}/{name}/{number + 1:05d}.wav"

    def held_out(self) -> list[int]:
        """The speakers of the trials: a seeded draw."""
        speakers = self.settings.speakers
        count = min(max(2, round(self.test_share * speakers)), speakers - 2)
        return sorted(generator(self.settings.seed, "held out").permutation(speakers)[:count].tolist())

    def meta(self) -> Iterator[str]:
        held = self.held_out()
        yield "\t".join(META_HEADER)
        for number in range(self.settings.speakers):
            side = "test" if number in held else "dev"
            sex = identity(self.settings, number).voice.sex
            yield "\t".join((self.speaker(number), f"Voice_{number:03d}", sex, "Rendered", side))

    def identification(self) -> Iterator[str]:
        """A video of each speaker for val, one for test, the rest for train."""
        for speaker in range(self.settings.speakers):
            videos = generator(self.settings.seed, "sides", speaker).permutation(self.settings.sessions).tolist()
            side = {videos[0]: 3, videos[1]: 2}
            for video, number in itertools.product(range(self.settings.sessions), range(self.settings.utterances)):
                yield f"{side.get(video, 1)} {self.file(speaker, video, number)}"

    def trials(self) -> Iterator[str]:
        """Of each held-out speaker so many pairs with itself and with others, drawn without repetition."""
        held = self.held_out()
        known: set[frozenset[str]] = set()
        own = list(itertools.product(range(self.settings.sessions), range(self.settings.utterances)))
        same = [(a, b) for a, b in itertools.combinations(own, 2) if a[0] != b[0]]
        for speaker in held:
            rng = generator(self.settings.seed, "trials", speaker)
            drawn = rng.permutation(len(same))[:_TRIALS_A_SPEAKER]
            for first, second in (same[index] for index in drawn):
                yield f"1 {self.file(speaker, *first)} {self.file(speaker, *second)}"
            others = [other for other in held if other != speaker]
            left = len(drawn)
            while left:  # there are always more pairs with others than with itself
                other = others[rng.integers(len(others))]
                pair = self.file(speaker, *own[rng.integers(len(own))]), self.file(other, *own[rng.integers(len(own))])
                if frozenset(pair) not in known:
                    known.add(frozenset(pair))
                    left -= 1
                    yield f"0 {pair[0]} {pair[1]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Render the corpus and say what is in it; 2 and one line on a user's mistake."""
    options = _parser().parse_args(arguments)

    def work() -> str:
        source = SyntheticSource(
            options.out, seed=options.seed, identities=options.speakers + options.speakers % 2, scenes=0,
            speakers=options.speakers, sessions=options.videos, utterances=options.utterances, audio_clips=0,
            utterance_seconds=options.seconds,
        )  # fmt: skip
        layout = Layout(options.out, source.settings, options.test_share)
        layout.write(options.workers)
        return "\n".join([_counted(layout), *_next(layout)])

    return ends_cleanly(work)


def _counted(layout: Layout) -> str:
    trials = list(layout.trials())
    of_one = sum(line.startswith("1") for line in trials)
    return (
        f"{len(layout.recordings())} utterances of {layout.settings.speakers} speakers, {len(layout.held_out())} of "
        f"them held out; {len(trials)} trials, {of_one} of one speaker"
    )


def _next(layout: Layout) -> Iterator[str]:
    """The commands that curate the corpus, quoted for the shell."""
    out, trained = layout.out, layout.settings.speakers - len(layout.held_out())
    few = [f"split.val={2 / max(trained, 2) + 0.03:.2f}"] if trained < _FEW_SPEAKERS else []  # two of them
    for name, task, given in (
        ("vox1_id", "speaker_id", f"source.iden_split={out / 'iden_split.txt'}"),
        ("vox1_o", "speaker_verification", f"source.trials={out / 'veri_test.txt'}"),
    ):
        options = [f"source.root={out}", given, *(few if name == "vox1_o" else []), f"tasks=[{task}]"]
        yield shlex.join(["python", "curate.py", f"benchmark={name}", *options])


def _within(name: str) -> Callable[[str], int]:
    """Reads a whole number that an id has digits for."""
    most = _LIMITS[name]

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or int(text) > most:
            raise argparse.ArgumentTypeError(f"give a whole number from 0 to {most}, not {text!r}")
        return int(text)

    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m avcur.exports.voxceleb_layout", description="A corpus in VoxCeleb1's layout"
    )
    parser.add_argument("out", type=Path, help="the folder that will hold the tree and its lists")
    parser.add_argument("--seed", type=_within("--seed"), default=0, help="of the corpus (default: 0)")
    parser.add_argument("--speakers", type=_within("--speakers"), default=12, help="people (default: 12)")
    parser.add_argument("--videos", type=_within("--videos"), default=5, help="of each speaker (default: 5)")
    parser.add_argument("--utterances", type=_within("--utterances"), default=4, help="of each video (default: 4)")
    parser.add_argument("--seconds", type=float, nargs=2, default=(2.0, 3.0), metavar=("SHORTEST", "LONGEST"))
    parser.add_argument("--test-share", type=float, default=0.25, help="share of held-out speakers (default: 0.25)")
    parser.add_argument("--workers", type=int, help="processes (default: one per core; 0: this one alone)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
