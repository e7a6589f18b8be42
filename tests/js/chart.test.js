/** The preview curve: what is drawn and what the table says. */
import assert from "node:assert/strict";
import test from "node:test";
import { columnsOf, labelPlace, lastPoint, movedApart, tableOf } from "../../src/ebbtide/site/static/js/chart.js";

const picture = {
  words: "a curve",
  x: { label: "Time", unit: "min", values: [0, 10, 20, 30] },
  y: { label: "Concentration", unit: "ng/mL" },
  series: [
    { name: "Kamp 2020, arterial", values: [0, 100.04, null, 20], low: [0, 80, null, 15], high: [0, 130, null, 30] },
    { name: "Otto 2021, venous", values: [0, 70, 50, null] },
  ],
};

test("it gives every band its two columns before the line", () => {
  const { columns, bands, lines } = columnsOf(picture);
  assert.equal(columns.length, 5);
  assert.deepEqual(bands, [{ high: 1, low: 2, series: 0 }]);
  assert.deepEqual(lines, [3, 4]);
});

test("it says a gap in the table and never fills it", () => {
  const { head, rows } = tableOf(picture);
  assert.deepEqual(head, ["Time (min)", "Kamp 2020, arterial (ng/mL)", "Otto 2021, venous (ng/mL)"]);
  assert.deepEqual(rows[1], ["10", "100 (80 to 130)", "70"]);
  assert.deepEqual(rows[2], ["20", "not recorded", "50"]);
  assert.deepEqual(rows[3], ["30", "20 (15 to 30)", "not recorded"]);
});

test("it thins a long table and keeps the last row", () => {
  const values = Array.from({ length: 241 }, (_, at) => at);
  const long = { ...picture, x: { ...picture.x, values }, series: [{ name: "a", values }] };
  const { rows } = tableOf(long, 25);
  assert.ok(rows.length <= 26);
  assert.equal(rows.at(-1)[0], "240");
});

test("it finds where a line ends", () => {
  assert.deepEqual([lastPoint([1, null, 3, null]), lastPoint([null]), lastPoint([])], [2, -1, -1]);
});

test("it moves labels apart and keeps their order", () => {
  assert.deepEqual(movedApart([100, 102, 40], 17), [100, 117, 40]);
});

test("it puts a label right of everything as high as its peak", () => {
  assert.deepEqual(labelPlace(picture, 0), { peak: 1, clear: 2 });
  const rising = { ...picture, series: [{ name: "a", values: [1, 2, 3, 4] }] };
  assert.equal(labelPlace(rising, 0).clear, -1);
});
