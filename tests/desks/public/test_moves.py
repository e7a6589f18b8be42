"""How ketamine moves through the body: fixed examples that are what the models say, with everything beside each picture."""

import html
import json
import re
import subprocess
import sys

import pytest
from django.urls import reverse
from django.utils import translation
from tools.examples import MODELS, worked_out

from ebbtide.desks.public.moves import ASSAYS, CAPTION, REGIMENS, WHO, WORDS, examples_in, kept
from ebbtide.evidence.protocols import load_protocols
from ebbtide.journey.careplan import pictures
from ebbtide.pharmacology import the_effects, the_library
from ebbtide.pharmacology.previews import BAND_PEOPLE, BAND_SEED
from ebbtide.pharmacology.published.models import Site

ALONE = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "ebbtide.site.settings"
import django
django.setup()
from django.urls import reverse
reverse("public:moves")
begun = time.process_time()
from django.utils.translation import activate
from ebbtide.desks.public.moves import examples_in
activate("en")
examples_in("en")
took_s = time.process_time() - begun
heavy = {name.partition(".")[0] for name in sys.modules} & {"numba", "scipy", "jax", "pyarrow"}
from ebbtide.pharmacology.published.library import the_library
print(took_s, sorted(heavy), the_library.cache_info().currsize)
"""


@pytest.fixture
def page(client, db) -> str:
    return html.unescape(client.get(reverse("public:moves")).content.decode())


@pytest.fixture
def in_spanish(client, db) -> str:
    answer = client.get(reverse("public:moves"), headers={"accept-language": "es"})
    return html.unescape(answer.content.decode())


def numbers(value, path=""):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from numbers(part, f"{path}/{key}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from numbers(part, f"{path}/{place}")
    else:
        yield path, value


def test_it_keeps_what_the_models_say_now() -> None:
    now, then = dict(numbers(json.loads(json.dumps(worked_out())))), dict(numbers(kept()))
    assert now.keys() == then.keys()
    different = [
        path
        for path, value in now.items()
        if (abs(value - then[path]) > 0.11 if isinstance(value, float) else value != then[path])
    ]
    assert not different, f"{different[:3]}: write the examples anew with python -m tools.examples"


def test_it_is_put_together_at_once_and_loads_no_engine_and_no_model() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ALONE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    took_s, heavy = done.stdout.strip().split(" ", 1)
    assert heavy == "[] 0"
    assert float(took_s) < 0.1  # 0.015 s was seen


@pytest.mark.django_db
def test_it_is_put_together_once_for_each_language(client) -> None:
    examples_in.cache_clear()
    for language in ("en", "es", "en", "es"):
        assert client.get(reverse("public:moves"), headers={"accept-language": language}).status_code == 200
    assert examples_in.cache_info().misses == 2


def test_it_says_beside_every_picture_what_it_is(page) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) == 6
    for figure in figures:
        assert str(CAPTION) in figure
        assert "read in" in figure  # the mark of each source
        assert re.search(r"people|rat tissue", figure)
        assert ", arterial" in figure or ", venous" in figure
    assert str(CAPTION) == pictures.CAPTION


def test_it_never_puts_two_sampling_sites_into_one_picture() -> None:
    for example in examples_in("en"):
        assert [plot.panel.site for plot in example.plots] == [Site.ARTERIAL, Site.VENOUS]
        for plot in example.plots:
            labels = [series["name"] for series in plot.panel.picture["series"]]
            assert len(labels) == 2
            assert all(label.endswith(f", {plot.panel.site}") for label in labels)
            assert [one.label for one in plot.studied] == labels


def test_it_shows_the_receptor_as_ranges_and_never_as_one_number() -> None:
    for example in examples_in("en"):
        series = example.held.picture["series"]
        assert [one["name"] for one in series] == ["Shaffer 2014, arterial", "Ebert 1997, arterial"]
        assert not [one for one in series if "values" in one]
        assert "Kamp 2020, arterial" in example.held.title
    assert examples_in("en")[0].held.said == (
        "Shaffer 2014, arterial: at most 21 to 44 %",
        "Ebert 1997, arterial: at most 53 to 61 %",
    )


def test_it_names_the_assays_in_their_order() -> None:
    source = the_effects().model("nmda_occupancy").source
    for name, _ in ASSAYS:
        assert name in source
    for example in kept()["examples"].values():
        for (name, _), assay in zip(ASSAYS, example["occupancy"]["assays"], strict=True):
            assert name in assay["assay"]


def test_it_has_no_field_to_type_a_number_into(page) -> None:
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "<input" not in main
    assert "<form" not in main


def test_it_says_the_same_in_tables_of_two_figures(page) -> None:
    assert page.count("<table") == 4
    cells = re.findall(r'<td class="number">([^<]+)</td>', page)
    assert "250 (200–320)" in cells
    assert not [
        cell
        for cell in cells
        if re.search(r"[1-9]\d*\.?\d*[1-9]\d*\.?\d*[1-9]", cell.partition(" ")[0].partition("–")[0])
    ]


def test_it_shows_the_golden_peak_of_its_default_model(page) -> None:
    assert "Kamp 2020, arterial: highest 250 ng/mL after 40 min, band then 200 to 320 ng/mL" in page
    assert "Kamp 2020, arterial: highest 220 ng/mL after 4 h" in page


def test_it_shows_regimens_of_the_archive_with_their_source() -> None:
    archive = load_protocols().protocols
    forty, four = archive["CHR-5X40"], archive["CRPS-10DAY-OUTPATIENT"]
    assert [regimen.source.citation.partition(",")[0] for regimen in REGIMENS] == [forty.source, four.source]
    assert [mark for protocol in (forty, four) for mark in protocol.mark] == ["seen", "seen"]
    assert [regimen.rate for regimen in REGIMENS] == ["52.5 mg/h", "24.5 mg/h"]
    assert [kept()["examples"][regimen.id]["amount_mg"] for regimen in REGIMENS] == [35.0, 98.0]


@pytest.mark.parametrize("model_id", MODELS)
def test_it_says_of_whom_a_model_is_what_the_library_says(model_id) -> None:
    population = the_library().model(model_id).population
    told = " ".join(str(words) for words in WHO[model_id])
    for key in ("n", "data_sets", "trd", "age_y", "weight_kg"):
        for number in (
            re.findall(r"\d+", str(population.get(key, "")))
            if model_id != "otto_2021"
            else ["48", "23", "11"]
        ):
            assert number in told
    s_alone = "racemic" not in the_library().model(model_id).drugs
    assert ("S-ketamine" in told) is s_alone


def test_it_has_the_words_of_every_other_picture() -> None:
    assert WORDS.keys() == pictures.WORDS.keys()
    with translation.override("en"):
        assert {key: str(words) for key, words in WORDS.items()} == dict(pictures.WORDS)


def test_it_speaks_spanish_down_to_the_labels(page, in_spanish) -> None:
    def words(text: str) -> set[str]:
        main = text.partition("<main")[2].partition(">")[2].partition("</main>")[0]
        bare = re.sub(r"<script.*?</script>|<svg.*?</svg>", "", main, flags=re.DOTALL)
        return {
            line.strip()
            for line in re.sub(r"<[^>]+>", "\n", bare).splitlines()
            if re.search("[a-z]{3}", line)
        }

    same = {line for line in words(page) & words(in_spanish) if not re.search(r"\d{4}|ng/mL", line)}
    assert not same
    assert '"name": "Otto 2021, venosa"' in in_spanish
    assert "máximo 250 ng/mL tras 40 min" in in_spanish


def test_it_keeps_the_seed_and_the_hashes_with_the_numbers() -> None:
    assert (kept()["seed"], kept()["people"]) == (BAND_SEED, BAND_PEOPLE)
    for example in kept()["examples"].values():
        for curve in example["curves"]:
            assert curve["parameter_hash"] == the_library().model(curve["model_id"]).parameter_hash
            assert curve["site"] == the_library().model(curve["model_id"]).site


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["infusion", "evidence", "home"])
def test_it_is_found_from_the_other_public_pages(client, name) -> None:
    assert reverse("public:moves") in client.get(reverse(f"public:{name}")).content.decode()
