// Data frames of Prometheus' answers, in the form Grafana's Prometheus data source gives them to panels.
import "./rendered_page.mjs";

import * as grafana from "@grafana/data";

const { FieldType, toDataFrame } = grafana;

/** The frames of a panel's answers: `answers` holds Prometheus' series by refId, `targets` says how they were asked. */
export function framesOf(targets, answers) {
  const asked = targets.map((target) => ({ target, series: answers[target.refId] ?? [] }));
  const answered = asked.filter(({ series }) => series.length > 0); // what finds nothing gives no frame
  const of = (format) => answered.filter(({ target }) => (target.format ?? "time_series") === format);
  const tables = of("table");
  return [
    ...of("time_series").flatMap(({ target, series }) => series.map((one) => course(target, one))),
    ...tables.map(({ target, series }) => table(target, series, tables.length)),
    ...of("heatmap").map(({ target, series }) => buckets(target, series)),
  ];
}

const points = (series) => series.values ?? [series.value];
const times = (series) => points(series).map(([atS]) => atS * 1000);
const numbers = (series) => points(series).map(([, value]) => number(value));
const number = (text) => ({ "+Inf": Infinity, "-Inf": -Infinity })[text] ?? Number(text);
const timeField = (values) => ({ name: "Time", type: FieldType.time, config: {}, values });

function course(target, series) {
  const name = legend(target, series.metric);
  return toDataFrame({
    refId: target.refId,
    name,
    fields: [
      timeField(times(series)),
      {
        name: "Value",
        type: FieldType.number,
        labels: series.metric,
        config: name ? { displayNameFromDS: name } : {}, // without one the panel makes a name of the labels
        values: numbers(series),
      },
    ],
  });
}

/** A label that a series lacks is nothing in its legend. */
function legend({ legendFormat, expr }, labels) {
  if (!legendFormat || legendFormat === "__auto") return Object.keys(labels).length ? "" : expr;
  return legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => labels[label] ?? "");
}

/** One row for each series. `tables` is how many queries found something: a sole one's figures have no number. */
function table(target, series, tables) {
  const labels = [...new Set(series.flatMap((one) => Object.keys(one.metric)))];
  return toDataFrame({
    refId: target.refId,
    fields: [
      timeField(series.flatMap(times)),
      ...labels.map((label) => ({
        name: label,
        type: FieldType.string,
        config: { filterable: true },
        values: series.map((one) => one.metric[label] ?? ""),
      })),
      {
        name: tables > 1 ? `Value #${target.refId}` : "Value",
        type: FieldType.number,
        config: {},
        values: series.flatMap(numbers),
      },
    ],
  });
}

/** A histogram's buckets, each without those below it, as a field by its upper bound. */
function buckets(target, series) {
  const byBound = [...series].sort((a, b) => number(a.metric.le) - number(b.metric.le));
  const all = [...new Set(byBound.flatMap(times))].sort((a, b) => a - b);
  const counts = byBound.map((one) => new Map(points(one).map(([atS, value]) => [atS * 1000, number(value)])));
  return toDataFrame({
    refId: target.refId,
    meta: { type: "heatmap-rows" },
    fields: [
      timeField(all),
      ...byBound.map(({ metric }, at) => ({
        name: metric.le,
        type: FieldType.number,
        labels: metric,
        config: { displayNameFromDS: metric.le },
        values: all.map((time) => (counts[at].get(time) ?? 0) - (counts[at - 1]?.get(time) ?? 0)),
      })),
    ],
  });
}
