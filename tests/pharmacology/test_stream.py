"""Populations that come in blocks: the same people whatever is read of them, and a file that is whole or not there."""

from functools import partial
from itertools import islice

import numpy as np
import pyarrow.parquet as pq
import pytest

from ebbtide.pharmacology.engine import stream
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.engine.stepping import curves
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.people.bands import Regimen
from ebbtide.pharmacology.people.population import cohort_for
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import constant_infusion

SIMONS = the_library().model("simons_2022")
GRID = Grid(step_h=1 / 6, count=12, start_h=0.5)


def a_regimen(*, outputs=("ketamine",), per_kg=False):
    return Regimen(
        schedule=constant_infusion(amount_mg=0.5 if per_kg else 35.0, over_h=2 / 3),
        grid=GRID,
        drug=Drug.S,
        outputs=outputs,
        per_kg=per_kg,
    )


def read(*, size=23, seed=5, at_once=10, **regimen):
    return list(stream.blocks(SIMONS, a_regimen(**regimen), size=size, seed=seed, at_once=at_once))


def test_it_brings_everybody_in_blocks_no_larger_than_asked():
    found = read()
    assert [block.population.size for block in found] == [10, 10, 3]
    assert [block.first for block in found] == [0, 10, 20]
    assert all(block.curves.shape == (block.population.size, 1, 12) for block in found)


def test_it_brings_one_block_at_a_time(monkeypatch):
    drawn = []
    usual = stream.chronic_pain_adults
    monkeypatch.setattr(
        stream,
        "chronic_pain_adults",
        lambda size, *args, **more: drawn.append(size) or usual(size, *args, **more),
    )
    coming = stream.blocks(SIMONS, a_regimen(), size=10**9, seed=5, at_once=4)
    next(coming)
    assert drawn == [4]


def test_it_brings_the_same_people_for_the_same_seed_whatever_is_read_of_them():
    whole, other = read(), read(seed=6)
    more = read(outputs=("norketamine", "effect_site"), per_kg=True)
    (alone,) = islice(stream.blocks(SIMONS, a_regimen(), size=23, seed=5, at_once=10), 1, 2)
    for block, again in zip(whole, more, strict=True):
        assert np.array_equal(block.population.weight_kg, again.population.weight_kg)
        assert np.array_equal(block.population.age_y, again.population.age_y)
    assert np.array_equal(alone.curves, whole[1].curves)
    assert not np.array_equal(whole[0].population.weight_kg, other[0].population.weight_kg)
    assert not np.array_equal(whole[0].population.weight_kg, whole[1].population.weight_kg)


def test_it_draws_each_block_from_a_generator_of_its_own():
    """As documented: one block can be made again alone."""
    second = read()[1]
    rng = np.random.default_rng(np.random.SeedSequence(5).spawn(3)[1])
    people = stream.chronic_pain_adults(10, rng, limits=stream.limits_of(the_library().policy, SIMONS))
    network = network_of(cohort_for(SIMONS, people, rng))
    expected = curves(network, programme_of(a_regimen().schedule, GRID))
    assert np.array_equal(second.population.weight_kg, people.weight_kg)
    assert second.curves == pytest.approx(expected, rel=1e-12)


def test_it_keeps_to_the_people_for_whom_the_model_is_shown():
    limits = stream.limits_of(the_library().policy, SIMONS)
    for block in read(size=200, at_once=200):
        assert limits.age_y.low <= block.population.age_y.min()
        assert block.population.age_y.max() <= limits.age_y.high
        assert limits.weight_kg.low <= block.population.weight_kg.min()


def test_it_multiplies_by_the_weight_of_each_where_amounts_are_per_kg():
    absolute, per_kg = read(), read(per_kg=True)
    for block, again in zip(absolute, per_kg, strict=True):
        factor = block.population.weight_kg[:, None, None] * 0.5 / 35.0
        assert again.curves == pytest.approx(block.curves * factor, rel=1e-10)


def test_it_brings_nobody_where_nobody_is_asked_for():
    assert read(size=0) == []


def test_it_writes_a_file_that_reads_back_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "blocks", partial(stream.blocks, at_once=10))
    regimen, path = a_regimen(outputs=("ketamine", "norketamine")), tmp_path / "people.parquet"
    assert stream.write_parquet(path, SIMONS, regimen, size=23, seed=5) == 23
    expected = read(outputs=("ketamine", "norketamine"))
    file = pq.ParquetFile(path)
    table = file.read()
    assert [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)] == [10, 10, 3]
    assert table["person"].to_pylist() == list(range(23))
    for name in ("age_y", "weight_kg"):
        column = np.concatenate([getattr(block.population, name) for block in expected])
        assert np.array_equal(table[name].to_numpy(), column)
    for place, output in enumerate(regimen.outputs):
        written = np.array(table[f"{output}_ng_per_ml"].to_pylist(), dtype=np.float32)
        curve = np.concatenate([block.curves[:, place] for block in expected])
        assert np.array_equal(written, curve.astype(np.float32))
        assert written == pytest.approx(curve, rel=1e-6, abs=1e-30)
    assert table.column_names == [
        "person",
        "age_y",
        "weight_kg",
        "ketamine_ng_per_ml",
        "norketamine_ng_per_ml",
    ]


def test_it_says_in_the_file_what_it_is(tmp_path):
    path = tmp_path / "people.parquet"
    stream.write_parquet(path, SIMONS, a_regimen(), size=3, seed=5)
    said = {key.decode(): value.decode() for key, value in pq.read_schema(path).metadata.items()}
    assert (said["model"], said["parameter_hash"], said["seed"]) == (
        "simons_2022",
        SIMONS.parameter_hash,
        "5",
    )
    grid = Grid(step_h=float(said["step_h"]), count=int(said["count"]), start_h=float(said["start_h"]))
    assert np.array_equal(grid.times_h, GRID.times_h)


def test_it_writes_an_empty_file_for_nobody(tmp_path):
    path = tmp_path / "nobody.parquet"
    assert stream.write_parquet(path, SIMONS, a_regimen(), size=0, seed=5) == 0
    assert pq.read_table(path).num_rows == 0


@pytest.fixture
def cut_short(monkeypatch):
    """The power goes in the middle of the second block."""
    usual = partial(stream.blocks, at_once=10)

    def until_the_second(*args, **more):
        coming = usual(*args, **more)
        yield next(coming)
        raise KeyboardInterrupt

    monkeypatch.setattr(stream, "blocks", until_the_second)


@pytest.mark.usefixtures("cut_short")
def test_it_leaves_no_half_a_file(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        stream.write_parquet(tmp_path / "people.parquet", SIMONS, a_regimen(), size=23, seed=5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("cut_short")
def test_it_leaves_the_last_whole_file_where_it_is(tmp_path):
    path = tmp_path / "people.parquet"
    path.write_bytes(b"whole")
    with pytest.raises(KeyboardInterrupt):
        stream.write_parquet(path, SIMONS, a_regimen(), size=23, seed=5)
    assert [left.name for left in tmp_path.iterdir()] == ["people.parquet"]
    assert path.read_bytes() == b"whole"


def test_it_leaves_nothing_where_an_output_is_unknown(tmp_path):
    with pytest.raises(NotComputable, match="no equations for alcohol"):
        stream.write_parquet(tmp_path / "x", SIMONS, a_regimen(outputs=("alcohol",)), size=3, seed=5)
    assert list(tmp_path.iterdir()) == []
