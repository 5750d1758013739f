// What Grafana's own library makes of panels and of the answers to their queries: columns, words, colours, addresses.
// Reads {cards, variables} as JSON from standard input and writes what there is to see of each to standard output.
import { readFileSync } from "node:fs";

import "./rendered_page.mjs";

import * as grafana from "@grafana/data";

import { framesOf } from "./rendered_frames.mjs";

const theme = grafana.createTheme();
const SAMPLES = 12; // of a course's different values

const transformers = new Set(Object.values(grafana.standardTransformers)); // some have two names
grafana.standardTransformersRegistry.setInit(() =>
  [...transformers].map((one) => ({ id: one.id, name: one.name, transformation: one })),
);

/** Settings of fields, as the page registers them, and those of the panel's own type. */
function settingsOf({ defaults, overrides }) {
  const registry = new grafana.FieldConfigOptionsRegistry();
  const plain = grafana.identityOverrideProcessor;
  const register = (id, more) =>
    registry.register({ id, path: id, name: id, process: plain, shouldApply: () => true, settings: {}, ...more });
  for (const id of ["unit", "min", "max", "decimals", "noValue", "mappings", "thresholds", "color", "links"]) register(id);
  register("displayName", {
    process: grafana.displayNameOverrideProcessor,
    settings: { expandTemplateVars: true },
  });
  const own = overrides.flatMap(({ properties }) => properties.map(({ id }) => id)).filter((id) => id.startsWith("custom."));
  for (const id of new Set([...own, ...Object.keys(defaults.custom ?? {}).map((key) => `custom.${key}`)]))
    register(id, { isCustom: true, path: id.replace("custom.", "") });
  return registry;
}

/** JSON has no infinity: a threshold without a value is the lowest. */
function withInfinity(fieldConfig) {
  const { defaults, overrides } = structuredClone(fieldConfig);
  const properties = overrides.flatMap((one) => one.properties).filter(({ id }) => id === "thresholds");
  for (const thresholds of [defaults.thresholds, ...properties.map(({ value }) => value)])
    for (const step of thresholds?.steps ?? []) step.value ??= -Infinity;
  return { defaults, overrides };
}

/** Put values in the place of variables; what there is no value for stays as it is. */
function filledIn(values) {
  return (text, scoped, format) =>
    text.replace(/\$\{([\w.]+)(?::(\w+))?\}|\$(\w+)/g, (whole, braced, own, bare) => {
      const value = valueOf(braced ?? bare, own, values, scoped?.__dataContext?.value);
      if (value === undefined) return whole;
      return format && own !== "queryparam" && !(braced ?? "").startsWith("__url") ? encodeURIComponent(value) : value;
    });
}

function valueOf(name, format, values, context) {
  if (name === "__url_time_range") return "from=now-6h&to=now";
  const [head, part, key] = name.split(".");
  if (head === "__data" && part === "fields" && context?.rowIndex !== undefined)
    return `${grafana.getFieldDisplayValuesProxy({ frame: context.frame, rowIndex: context.rowIndex })[key] ?? ""}`;
  if (head === "__field" && part === "labels") return context?.field.labels?.[key] ?? "";
  if (format === "queryparam") return `var-${name}=${values[name]}`;
  return values[name];
}

async function transformed(panel, frames) {
  const known = grafana.standardTransformersRegistry;
  const wanted = panel.transformations ?? [];
  const unknown = wanted.map(({ id }) => id).filter((id) => !known.getIfExists(id));
  if (unknown.length) return { frames, unknown };
  return new Promise((resolve, reject) =>
    grafana.transformDataFrame(wanted, frames).subscribe({ next: (after) => resolve({ frames: after, unknown }), error: reject }),
  );
}

/** The overrides that match no field. */
function idle({ overrides }, frames) {
  const matches = ({ matcher }) => {
    const match = grafana.fieldMatchers.get(matcher.id).get(matcher.options);
    return frames.some((frame) => frame.fields.some((field) => match(field, frame, frames)));
  };
  return overrides.flatMap((one, at) => (matches(one) ? [] : [at]));
}

function units({ defaults, overrides }) {
  const own = overrides.flatMap((one) => one.properties).filter(({ id }) => id === "unit");
  return [defaults.unit, ...own.map(({ value }) => value)];
}

const KNOWN_UNITS = new Set(grafana.getValueFormats().flatMap(({ submenu }) => submenu.map(({ value }) => value)));

const shown = (display) => ({ text: grafana.formattedValueToString(display), colour: display.color });

function column(field, frame, frames) {
  const every = [...field.values.keys()];
  const seen = new Set();
  const cells = every
    .map((row) => ({ row, raw: field.values[row] ?? null, ...shown(field.display(field.values[row])) }))
    .filter(({ text }) => frame.meta?.isTable || (seen.size < SAMPLES && !seen.has(text) && seen.add(text)));
  for (const cell of cells) cell.links = field.getLinks({ valueRowIndex: cell.row }).map(({ href }) => href);
  return {
    name: field.name,
    title: grafana.getFieldDisplayName(field, frame, frames),
    type: field.type,
    labels: field.labels ?? {},
    hidden: field.config.custom?.hidden ?? false,
    mappings: field.config.mappings ?? [],
    thresholds: field.config.thresholds?.steps ?? [],
    mode: field.config.color?.mode ?? "",
    cells,
  };
}

/** The large figures and bars of a panel. */
function figures(panel, frames, replaceVariables) {
  if (!panel.options?.reduceOptions) return [];
  const { reduceOptions } = panel.options;
  const fieldConfig = withInfinity(panel.fieldConfig);
  return grafana
    .getFieldDisplayValues({ data: frames, fieldConfig, reduceOptions, replaceVariables, theme, timeZone: "utc" })
    .map((one) => ({ title: one.display.title ?? "", ...shown(one.display), links: (one.getLinks?.() ?? []).map(({ href }) => href) }));
}

async function drawn({ panel, answers, values }) {
  const made = framesOf(panel.targets, answers);
  const { frames, unknown } = await transformed(panel, made);
  const replaceVariables = filledIn(values);
  const data = grafana.applyFieldOverrides({
    data: frames,
    fieldConfig: withInfinity(panel.fieldConfig),
    fieldConfigRegistry: settingsOf(panel.fieldConfig),
    replaceVariables,
    theme,
    timeZone: "utc",
  });
  const isTable = panel.type === "table";
  return {
    unknown: [...unknown, ...units(panel.fieldConfig).filter((unit) => !KNOWN_UNITS.has(unit))],
    idle: idle(panel.fieldConfig, frames),
    frames: data.map((frame) => ({
      refId: frame.refId,
      rows: frame.length,
      columns: frame.fields.map((field) => column(field, { ...frame, meta: { isTable } }, data)),
    })),
    figures: figures(panel, data, replaceVariables),
  };
}

/** What a variable lets a reader choose of what its query found: named groups say what is shown and what is held. */
function chosen({ regex, texts }) {
  const groups = texts.flatMap((text) => grafana.stringToJsRegex(regex).exec(text)?.groups ?? []);
  return groups.map(({ text, value }) => ({ text: text ?? value, value: value ?? text }));
}

const { cards, variables } = JSON.parse(readFileSync(0, "utf8"));
const pictures = [];
for (const card of cards) pictures.push(await drawn(card));
process.stdout.write(JSON.stringify({ cards: pictures, variables: variables.map(chosen) }));
