from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from avcur.filters.filter import Filter
from avcur.pipeline import Tally
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.summary import print_summary
from avcur.tasks import TASKS
from avcur.variants.build import VariantBuilder
from avcur.variants.variant import Variant
from tests.helpers.tables import speaker_corpus

STRICT = {"name": "strict", "rules": {"snr": {"min": 10}}}


@pytest.fixture
def builder(tmp_path: Path) -> VariantBuilder:
    """A corpus in which all noisy recordings, every fifth, and some clean ones are of women."""
    corpus = speaker_corpus()
    sex = [[{"name": "sex", "value": "f" if n % 5 == 0 or n % 7 == 0 else "m"}] for n in range(len(corpus.clips))]
    told = corpus.clips.with_columns(pl.Series("attributes", sex, dtype=corpus.clips.schema["attributes"]))
    return VariantBuilder(replace(corpus, clips=told), GroupDisjoint(), {"snr": "sound"}, tmp_path)


def printed(builder: VariantBuilder, filter_: Filter, capsys: pytest.CaptureFixture[str]) -> tuple[str, Variant]:
    variant = builder.build(filter_, TASKS["speaker_id"])
    blank = builder.corpus.recordings.with_columns(reason=pl.lit(None, pl.String), warning=pl.lit(None, pl.String))
    print_summary(replace(builder.corpus, recordings=blank), Tally(), [variant], {variant.task: variant.card["funnel"]})
    return capsys.readouterr().out, variant


def test_who_was_removed_stands_beside_the_filter(builder: VariantBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    text, variant = printed(builder, Filter.parse(STRICT), capsys)
    kept, whole = variant.card["retention"]["sex"]["f"]
    assert f"warning: strict keeps {kept} of {whole} clips of sex f" in text
    assert "sex m" not in text
    row = next(line for line in text.splitlines() if line.startswith("│ f "))
    assert row.strip("│").replace("│", " ").split() == ["f", str(kept), str(whole), f"{100 * kept / whole:.0f}", "%"]
    assert "group" not in text.split("variant strict")[1]
    assert text.count("label") == 1, "speakers are the labels, which is told once"


def test_many_values_are_summed_up(builder: VariantBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    clips = builder.corpus.clips.with_columns(speaker=pl.format("s{}", pl.int_range(pl.len()) % 20))
    many = replace(builder, corpus=replace(builder.corpus, clips=clips.with_columns(session=pl.lit(None, pl.String))))
    text, variant = printed(many, Filter.parse(STRICT), capsys)
    shares = [100 * kept / whole for kept, whole in variant.card["retention"]["label"].values()]
    assert f"kept by label: {min(shares):.0f} % to {max(shares):.0f} % of 20 values" in text


def test_nothing_was_removed_by_chance_or_not_at_all(
    builder: VariantBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    for filter_ in (Filter.parse({"name": "none"}), Filter.parse(STRICT).control(True, 0)):
        text, variant = printed(builder, filter_, capsys)
        assert "warning" not in text
        assert "share" not in text.split(f"variant {variant.filter_name}")[1]
