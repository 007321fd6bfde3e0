from pathlib import Path

from avcur.signals.options import Options


def test_a_column_is_of_the_option_that_measures_it() -> None:
    options = Options.read()
    found = [options.of(column) for column in ("face_presence", "snr", "sync_offset", "dnsmos_p808", "nope")]
    assert found == ["faces", "noise", "sync", "dnsmos", None]


def test_chosen_entries_are_named_by_their_options() -> None:
    options = Options.read()
    assert options.chosen(["noise", "dnsmos", "dnsmos_p808", "own"]) == ["noise", "dnsmos", "own"]
    assert options.chosen([*options.default, "asd"]) == ["default", "asd"]


def test_without_the_folder_nothing_is_known(tmp_path: Path) -> None:
    options = Options.read(tmp_path)
    assert options.of("snr") is None
    assert options.chosen(["noise"]) == ["noise"]
