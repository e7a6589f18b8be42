/** The preview curve: what is drawn, where its words stand. */
import assert from "node:assert/strict";
import test from "node:test";
import { ceilingFrom, columnsOf, labelPlace, lastPoint, middleOf, movedApart, pointFrom, rowsOf, toneOf } from "../../src/ebbtide/site/static/js/chart.js";

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

test("it draws a band without a line, and labels it in its middle", () => {
  const alone = { name: "an assay", low: [10, null, 20], high: [30, 40, 60] };
  const { columns, bands, lines } = columnsOf({ ...picture, series: [alone] });
  assert.equal(columns.length, 3);
  assert.deepEqual(bands, [{ high: 1, low: 2, series: 0 }]);
  assert.deepEqual(lines, []);
  assert.deepEqual(middleOf(alone), [20, null, 40]);
  assert.equal(middleOf(picture.series[1]), picture.series[1].values);
});

test("it gives a line the tone it asks for, and else that of its place", () => {
  assert.equal(toneOf(picture, 1), 2);
  assert.equal(toneOf({ ...picture, series: [{ name: "a", values: [], tone: 3 }] }, 0), 3);
});

test("it puts the words of a mark on the second row where they would run into the first", () => {
  assert.deepEqual(rowsOf([{ from: 0, width: 60 }, { from: 40, width: 60 }, { from: 80, width: 60 }]), [0, 1, 0]);
  assert.deepEqual(rowsOf([{ from: 0, width: 60 }, { from: 70, width: 60 }]), [0, 0]);
  assert.deepEqual(rowsOf([{ from: 0, width: 60 }, { from: 40, width: 0 }, { from: 60, width: 20 }]), [0, 1, 0]);
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

test("it points at a point and never at a gap", () => {
  assert.deepEqual([pointFrom([1, null, 3, null], 1), pointFrom([1, null, 3, null], 3), pointFrom([null], 0)], [2, 2, -1]);
});

test("it finds what a label must stand over", () => {
  assert.deepEqual(ceilingFrom(picture, 5), { at: 1, height: 130 });
  assert.deepEqual(ceilingFrom(picture, 15), { at: 2, height: 50 });
  assert.deepEqual(ceilingFrom(picture, 99), { at: 0, height: 130 });
});
