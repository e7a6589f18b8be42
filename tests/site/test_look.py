"""The look's laws that a machine can hold: contrast, reserved colours, no inline code, honest words, light pages."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

HERE = Path(__file__).resolve().parents[2]
STATIC = HERE / "src" / "ebbtide" / "site" / "static"
TEMPLATES = sorted((HERE / "src" / "ebbtide").rglob("templates/**/*.html"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
PUBLIC_PAGES = ["home", "services", "infusion", "moves", "evidence", "privacy", "crisis", "contact"]
SERVICES = [
    "ketamine-infusion", "neuropathy", "arthritis", "back-pain", "hip-pain",
    "chronic-pain", "epidural-injection", "regenerative-medicine", "home-therapy",
]  # fmt: skip


def colours_of(theme: str) -> dict[str, str]:
    css = (STATIC / "css" / "tokens.css").read_text()
    opening = {"light": ":root {", "dark": ':root[data-theme="dark"] {', "low": ':root[data-theme="low"] {'}[
        theme
    ]
    block = css.split(opening, 1)[1].split("\n}", 1)[0]
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "low"])
@pytest.mark.parametrize(
    ("ink", "grounds", "least"),
    [
        ("ink", ("foam", "raised", "sand", "tide-wash"), 7.0),  # values and doses: AAA
        ("ink-soft", ("foam", "raised", "sand"), 4.5),
        ("ink-faint", ("foam", "raised", "sand"), 4.5),
        ("tide", ("foam", "raised", "sand"), 4.5),
        ("on-tide", ("tide", "tide-deep"), 4.5),
        ("edge", ("foam", "raised"), 3.0),  # the edge of a field is how it is found
        ("series-1", ("foam",), 4.5),
        ("series-2", ("foam",), 4.5),
        ("series-3", ("foam",), 4.5),
        ("on-check-high", ("check-high",), 4.5),
        ("on-check-medium", ("check-medium",), 7.0),
        ("on-check-low", ("check-low",), 7.0),
    ],
)
def test_it_can_be_read_in_every_light(theme: str, ink: str, grounds: tuple[str, ...], least: float) -> None:
    colours = colours_of(theme)
    for ground in grounds:
        assert contrast(colours[ink], colours[ground]) >= least, f"{ink} on {ground} in {theme}"


def test_it_draws_the_same_dark_by_choice_and_by_device() -> None:
    css = (STATIC / "css" / "tokens.css").read_text()
    by_device = css.split(":root:not([data-theme]) {", 1)[1].split("\n  }", 1)[0]
    by_choice = css.split(':root[data-theme="dark"] {', 1)[1].split("\n}", 1)[0]
    assert by_device.split() == by_choice.split()


def test_it_keeps_red_yellow_and_cyan_for_protocol_checks() -> None:
    for sheet in SHEETS:
        if sheet.name == "tokens.css":
            continue
        for line in sheet.read_text().splitlines():
            if "--check-" in line or "--on-check-" in line:
                assert line.lstrip().startswith(".check"), f"{sheet.name}: {line}"


def test_it_names_colours_only_in_the_tokens() -> None:
    paper = {"#ffffff", "#000000", "#333333", "#444444", "#555555", "#999999"}
    for sheet in SHEETS:
        if sheet.name != "tokens.css":
            assert set(re.findall(r"#[0-9a-f]{3,8}\b", sheet.read_text())) <= paper, sheet.name


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda path: str(path.relative_to(HERE / "src" / "ebbtide"))
)
def test_it_runs_nothing_inline(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"""\sstyle\s*=\s*["']""", text)
    assert not re.search(r"""\son[a-z]+=["']""", text)
    assert "<style" not in text
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag, tag


@pytest.mark.parametrize("name", ["400", "403", "404", "409", "429", "500", "403_csrf", "401_step_up"])
def test_it_refuses_calmly_without_a_database(name: str) -> None:
    page = get_template(f"{name}.html").render({})
    assert page.count("<h1") == 1
    assert "Oops" not in page
    assert "!" not in re.sub(r"<[^>]*>", "", page)


def test_it_dresses_every_element_of_allauth() -> None:
    import allauth

    theirs = {
        path.name for path in (Path(allauth.__file__).parent / "templates/allauth/elements").glob("*.html")
    }
    ours = {path.name for path in (HERE / "src/ebbtide/site/templates/allauth/elements").glob("*.html")}
    plain = {"tbody.html", "thead.html", "th.html", "tr.html"}
    assert theirs - plain <= ours


@pytest.mark.django_db
@pytest.mark.parametrize("name", PUBLIC_PAGES)
def test_it_shows_each_public_page(client: Client, name: str) -> None:
    answer = client.get(reverse(f"public:{name}"))
    assert answer.status_code == 200
    assert answer.content.count(b"<h1") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SERVICES)
def test_it_says_of_each_service_what_is_known(client: Client, slug: str) -> None:
    page = client.get(reverse("public:service", args=[slug])).content.decode()
    assert "What is known" in page
    for promise in ("pain-free", "pain free", "cure", "guarantee", "resets"):
        assert promise not in page.lower()


@pytest.mark.django_db
def test_it_does_not_offer_what_it_does_not_have(client: Client) -> None:
    assert client.get(reverse("public:service", args=["ketamine-at-home"])).status_code == 404


@pytest.mark.django_db
def test_it_leads_nowhere_that_is_missing(client: Client) -> None:
    seen, to_see = set(), ["/"]
    while to_see:
        path = to_see.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code in {200, 302}, path
        if answer.status_code == 200 and not path.startswith("/account/"):
            to_see += re.findall(r'href="(/(?!static/)[^"#?]*)', answer.content.decode())
            parts = re.findall(r'(?:href|src)="/static/([^"]+)', answer.content.decode())
            assert not [part for part in parts if finders.find(part) is None], path
    assert len(seen) > len(PUBLIC_PAGES) + len(SERVICES)


@pytest.mark.django_db
def test_it_marks_what_nobody_has_confirmed(client: Client) -> None:
    page = client.get(reverse("public:evidence")).content.decode()
    assert "recalled, not yet confirmed" in page


@pytest.mark.django_db
def test_it_speaks_spanish(client: Client) -> None:
    page = client.get("/", headers={"accept-language": "es"}).content.decode()
    assert '<html lang="es"' in page
    assert "Solicitar una consulta" in page


@pytest.mark.django_db
def test_it_weighs_little(client: Client) -> None:
    page = client.get("/").content.decode()
    parts = set(re.findall(r'/static/([^"]+)', page))
    sheets = [
        gzip.compress((STATIC / part).read_bytes())
        for part in parts
        if (STATIC / part).exists() and not part.endswith("woff2")
    ]
    fonts = [(STATIC / part).read_bytes() for part in parts if part.endswith("woff2")]
    assert sum(map(len, [*sheets, *fonts])) + len(page) < 150_000


def test_it_documents_only_parts_that_exist() -> None:
    css = "\n".join(sheet.read_text() for sheet in SHEETS)
    manual = (HERE / "docs" / "reference" / "look.md").read_text()
    for classes in re.findall(r'class="([^"{}]+)"', manual):
        for name in classes.split():
            assert f".{name}" in css, f"look.md shows .{name}, and no sheet has it"


def test_it_ships_the_licences_of_what_it_carries() -> None:
    for licence in (
        "fonts/OFL-Atkinson-Hyperlegible-Next.txt",
        "fonts/OFL-Atkinson-Hyperlegible-Mono.txt",
        "uplot/LICENSE",
    ):
        assert (STATIC / "vendor" / licence).stat().st_size > 500


def test_it_passes_the_tests_of_its_page_scripts() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not here; the page scripts are tested where it is")
    done = subprocess.run(
        [node, "--test", "tests/js/"], cwd=HERE, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
