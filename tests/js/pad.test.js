/** The touch pad: numbers keep their place, nothing is made up, what is stale is not taken. */
import assert from "node:assert/strict";
import test from "node:test";
import { canShift, cellsOf, isImpossible, nextOf, shownBy, stillAsMonitor, written } from "../../src/ebbtide/site/static/js/pad.js";

const sign = (name, low, high, opensAt, decimals = 0) => ({ name, label: name, unit: "", low, high, decimals, opensAt, last: null });
const HR = sign("hr_per_min", 10, 300, 78);
const SPO2 = sign("spo2_percent", 30, 100, 97);

test("it opens around the last value, ten numbers in a row", () => {
  const cells = cellsOf(HR);
  assert.deepEqual([cells.length, cells[0], cells.at(-1)], [50, "50", "99"]);
  assert.deepEqual(cellsOf(sign("sbp_mmHg", 30, 300, 128)).slice(0, 2), ["100", "101"]);
});

test("it has a touch for every value within twenty of the last one", () => {
  for (let last = 40; last < 200; last += 1) {
    const cells = cellsOf(sign("hr_per_min", 10, 300, last));
    for (let value = last - 20; value <= last + 20; value += 1) assert.ok(cells.includes(String(value)), `${value} from ${last}`);
  }
});

test("it shows no value that the sign cannot have", () => {
  const cells = cellsOf(SPO2);
  assert.deepEqual([cells[0], cells[20], cells[21]], ["80", "100", null]);
  assert.deepEqual(cellsOf(HR, -9).slice(0, 1), ["10"]);
  assert.equal(cellsOf(sign("temp_c", 30, 43, 36.8, 1)).includes("36.8"), true);
  assert.equal(cellsOf(sign("temp_c", 30, 43, 36.8, 1)).includes("37"), true);
  assert.deepEqual(cellsOf(sign("o2_flow_l_per_min", 0, 15, 2, 1)).slice(0, 3), ["0", "0.5", "1"]);
});

test("it goes lower and higher until there is nothing more", () => {
  assert.equal(canShift(SPO2, 1), false);
  assert.equal(canShift(SPO2, -1), true);
  assert.equal(canShift(HR, -1), true);
  assert.equal(canShift(HR, -2), false);
  assert.equal(canShift(sign("o2_flow_l_per_min", 0, 15, 2, 1), 1), false);
});

test("it opens the next sign that is empty and ends by itself", () => {
  const asked = ["hr", "sbp", "dbp"];
  assert.equal(nextOf(asked, "hr", { hr: "78" }), "sbp");
  assert.equal(nextOf(asked, "hr", { hr: "78", sbp: "120" }), "dbp");
  assert.equal(nextOf(asked, "dbp", { dbp: "70" }), "");
});

test("it offers no diastolic pressure at or above the systolic", () => {
  assert.equal(isImpossible("120", "dbp_mmHg", { sbp_mmHg: "120" }), true);
  assert.equal(isImpossible("80", "dbp_mmHg", { sbp_mmHg: "120" }), false);
  assert.equal(isImpossible("80", "sbp_mmHg", { dbp_mmHg: "80" }), true);
  assert.equal(isImpossible("80", "hr_per_min", {}), false);
});

test("it takes over what is live, and a pressure only as a pair", () => {
  const place = (signal, number, live = true) => ({ signal, number, live });
  assert.deepEqual(
    shownBy([place("hr", "78"), place("spo2", "97", false), place("sbp", "118/74"), place("pulse", "77"), place("temp", "36.0"), place("rr", "–")]),
    { hr_per_min: "78", sbp_mmHg: "118", dbp_mmHg: "74", temp_c: "36" },
  );
  assert.deepEqual(shownBy([place("sbp", "118/–")]), {});
});

test("it forgets that a value was the monitor's once it was changed", () => {
  assert.deepEqual(stillAsMonitor({ hr: "78", rr: "14" }, { hr: "78", rr: "15" }), ["hr"]);
});

test("it writes numbers as the body takes them", () => {
  assert.equal(written(sign("temp_c", 30, 43, 36.8, 1), 36.900000000000006), "36.9");
});
