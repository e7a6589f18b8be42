"""The chairside page after four hours at 1 Hz: how long a redraw takes, how memory grows, how soon a new rate is predicted."""

import json
import sys
from contextlib import closing
from uuid import uuid4

import psycopg
from playwright.sync_api import Page, sync_playwright
from tests.browser import chromium_path
from tests.drills.charting import Chair, Nurse, running_chairs

from ebbtide.ground.database import attach
from tools.bench.__main__ import scratch
from tools.bench.rows import Row, percentile
from tools.bench.running import Clinic, running_clinic
from tools.bench_monitor.ward import shown_in

HOURS, SIGNALS = 4, ("hr", "spo2", "rr", "etco2", "sbp", "dbp")
DRAW_EVERY = 4  # readings: the page itself draws once a second; a quarter of the draws is enough to measure
READ_EVERY = 600  # readings: a charted entry makes the page read the picture and the prediction again
RATE_CHANGES = 9
# the demonstration's session becomes four hours older, with a reading each second: no entry of the ledger speaks for them
OLDER = "UPDATE infusion_binding SET from_at = from_at - interval '4 hours' WHERE session_id = %s RETURNING device_id"
FILL = """
INSERT INTO infusion_sample (device_id, signal, observed_at, value, unit, state, received_at, session_id, batch_id)
SELECT %(device)s, signal, at, 80 + 9 * sin(extract(epoch FROM at) / 60) + random(), '', 'value', at, %(session)s, %(batch)s
FROM unnest(%(signals)s::text[]) signal,
    generate_series(%(until)s::timestamptz - interval '4 hours', %(until)s::timestamptz - interval '10 s', '1 s') at
ON CONFLICT DO NOTHING
"""
LISTEN = """() => {
  window.drawn = [];
  const picture = document.getElementById("picture");
  picture.addEventListener("picture:drawn", (event) => window.drawn.push(event.detail.took_ms));
}"""
# an entry as a tablet sends it, told of by the stream: when it was acknowledged, and when the band was drawn after it
CHANGE = """async ({ url, entry }) => {
  const picture = document.getElementById("picture");
  const seen = await (await fetch(picture.dataset.pictureUrl)).json();
  entry.body = { rate_mg_per_h: String(Number((seen.rates.at(-1)[1] * 0.95).toFixed(2))) };
  const drawn = new Promise((done) => picture.addEventListener("picture:predicted", (event) => done(event.detail.at_ms), { once: true }));
  const [token, chart] = ["csrfmiddlewaretoken", "chart"].map((name) => document.querySelector(`[name=${name}]`).value);
  const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": token, "Ebbtide-Chart": chart, "Content-Type": "application/json" }, body: JSON.stringify(entry) });
  const kept_ms = performance.timeOrigin + performance.now();
  const late = new Promise((done) => setTimeout(() => done(kept_ms + 5000), 5000));
  const words = answer.ok ? "" : await answer.text();
  return { status: answer.status, words, kept_ms, drawn_ms: await Promise.race([drawn, late]) };
}"""
# one reading of each signal a second, as the strip hands them on, and the picture drawn as its timer would
REPLAY = """async ({ from, count, first, signals, every, reread }) => {
  const strip = document.getElementById("vitals"), whole = document.querySelector(".picture__span");
  for (let n = first; n < first + count; n += 1) {
    const at = new Date(from + n * 1000).toISOString();
    const readings = signals.map((signal) => ({ signal, label: signal, value: 80 + 9 * Math.sin(n / 60), decimals: 0, unit: "", state: "value", observed_at: at, bound_at: at, device: "Bench", device_id: "bench", simulated: true, stale_s: 15, lost_s: 60 }));
    strip.dispatchEvent(new CustomEvent("vitals:values", { detail: { at, readings } }));
    if (n % every === 0) { whole.click(); await new Promise((done) => setTimeout(done)); }
    if (n % reread === 0) { strip.dispatchEvent(new CustomEvent("vitals:message")); await new Promise((done) => setTimeout(done, 400)); }
  }
}"""


def measure() -> list[Row]:
    """All three on one demonstration and one page."""
    with scratch() as place, running_clinic(place / "d") as clinic:
        chair = next(one for one in running_chairs(clinic) if flows(clinic, one))
        fill(clinic, chair)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
            page = chromium.new_page(viewport={"width": 1024, "height": 768})
            name, _, value = chair.cookie.partition("=")
            page.context.add_cookies([{"name": name, "value": value, "url": clinic.address}])
            page.goto(clinic.address + chair.address)
            page.locator(".picture__site canvas").first.wait_for()
            page.evaluate(LISTEN)
            rows = [redraw_after_a_rate(page, clinic, chair), *four_hours(page)]
            chromium.close()
    return rows


def fill(clinic: Clinic, chair: Chair) -> None:
    """Four hours of readings behind the session."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        mighty.execute("SET session_replication_role = replica")
        found = mighty.execute(OLDER, [chair.session]).fetchone()
        assert found is not None
        asked = {
            "device": found[0], "session": chair.session, "batch": str(uuid4()), "signals": list(SIGNALS),
            "until": shown_in(clinic.data),
        }  # fmt: skip
        mighty.execute(FILL, asked)
        mighty.execute("ANALYZE infusion_sample")


def flows(clinic: Clinic, chair: Chair) -> bool:
    """Whether the pump runs there by the log; a paused one takes no new rate."""
    with closing(Nurse(clinic.port, chair)) as nurse:
        _, _, told = nurse.ask("GET", f"{chair.address}/picture")
    return bool(json.loads(told)["phase"] == "running")


def redraw_after_a_rate(page: Page, clinic: Clinic, chair: Chair) -> Row:
    """From the acknowledged entry to the drawn band."""
    took_ms: list[float] = []
    for number in range(RATE_CHANGES):
        page.wait_for_timeout(1500)
        entry = {
            "id": str(uuid4()), "kind": "rate_decrease", "body": {}, "observed_at": shown_in(clinic.data).isoformat(), "tablet": "bench", "tablet_number": number,
        }  # fmt: skip
        told = page.evaluate(CHANGE, {"url": f"{chair.address}/entries", "entry": entry})
        if told["status"] != 200:
            raise RuntimeError(f"The rate was not kept: {told['words']}")
        took_ms.append(max(0.0, told["drawn_ms"] - told["kept_ms"]))
    note = f"median of {len(took_ms)} changes, told by the stream, worst {max(took_ms):.0f} ms; a 4-hour page"
    return Row(
        name="redraw_ms", value=round(percentile(took_ms, 0.5), 1), unit="ms", goal=100, better="lower",
        runs=len(took_ms), note=note,
    )  # fmt: skip


def four_hours(page: Page) -> list[Row]:
    """Four hours of readings handed to the page as its stream does: the time of each redraw, and memory before and after."""
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable")
    begin = page.evaluate("() => Date.now()") + 60_000
    replay(page, begin, first=0, count=600)  # the code is warm, the arrays have their size
    page.evaluate("() => { window.drawn = []; }")
    before = heap_mb(metrics)
    for hour in range(HOURS):
        replay(page, begin, first=600 + hour * 3600, count=3600)
    drawn = page.evaluate("() => window.drawn")
    page.evaluate("() => { window.drawn = []; }")
    after = heap_mb(metrics)
    return [
        Row(
            name="redraw_p95_ms", value=round(percentile(drawn, 0.95), 2), unit="ms", goal=16, better="lower",
            runs=len(drawn), note=f"median {percentile(drawn, 0.5):.1f} ms; {len(SIGNALS)} signals, 4 hours and more on the axis",
        ),
        Row(
            name="page_growth_mb", value=round(after - before, 2), unit="MB", goal=20, better="lower", runs=1,
            note=f"heap after collection, {before:.1f} to {after:.1f} MB over {HOURS * 3600} readings of {len(SIGNALS)} signals",
        ),
    ]  # fmt: skip


def replay(page: Page, begin_ms: float, *, first: int, count: int) -> None:
    """So many seconds of readings."""
    page.evaluate(
        REPLAY,
        {
            "from": begin_ms,
            "first": first,
            "count": count,
            "signals": list(SIGNALS),
            "every": DRAW_EVERY,
            "reread": READ_EVERY,
        },
    )


def heap_mb(metrics: object) -> float:
    """What the page's JavaScript holds after a collection (MB)."""
    metrics.send("HeapProfiler.collectGarbage")  # type: ignore[attr-defined]
    told = metrics.send("Performance.getMetrics")["metrics"]  # type: ignore[attr-defined]
    return float(next(one["value"] for one in told if one["name"] == "JSHeapUsedSize")) / 1e6


if __name__ == "__main__":
    sys.exit(print(measure()))
