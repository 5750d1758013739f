// What Grafana says a dashboard is, as strict as a written JSON file can be held to it: @grafana/schema leaves panels'
// options, fields' custom settings and overrides open (Record<string, unknown>), here each has its panel type's own.
import type * as schema from "@grafana/schema";
import type * as bargauge from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.d.ts";
import type * as geomap from "@grafana/schema/dist/esm/raw/composable/geomap/panelcfg/x/GeomapPanelCfg_types.gen.d.ts";
import type * as heatmap from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.d.ts";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts";
import type * as statetimeline from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts";
import type * as statushistory from "@grafana/schema/dist/esm/raw/composable/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen.d.ts";
import type * as table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts";
import type * as timeseries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts";

/** A type as JSON writes it: an enumeration's member is its value. */
export type Plain<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends number
      ? `${T}` extends `${infer N extends number}` ? N : T
      : T extends boolean | null | undefined
        ? T
        : T extends (infer U)[]
          ? Plain<U>[]
          : { [K in keyof T]: Plain<T[K]> };

type Nothing = Record<never, never>;

/** A link on a figure (@grafana/data, which the schema leaves open). */
interface DataLink {
  title: string;
  url: string;
  targetBlank?: boolean;
}

type Field<Custom> = Omit<schema.FieldConfig, "custom" | "links"> & { custom?: Partial<Custom>; links?: DataLink[] };

/** An override's property: a field's own, or one of the panel type's, with the value it takes. */
type Property<Custom> =
  | { [K in keyof Field<Custom>]-?: { id: K; value: Field<Custom>[K] } }[Exclude<keyof Field<Custom>, "custom">]
  | { [K in keyof Custom & string]-?: { id: `custom.${K}`; value: Custom[K] } }[keyof Custom & string];

type Matcher =
  | { id: "byName" | "byRegexp" | "byFrameRefID"; options: string }
  | { id: "byType"; options: "number" | "string" | "time" | "boolean" };

/** A query of Prometheus: @grafana/schema 11.6 has none, so these are the keys the dashboards use. */
interface Query extends Pick<schema.DataQuery, "refId" | "hide"> {
  datasource: { type: "prometheus"; uid: "${datasource}" };
  expr: string;
  instant: boolean;
  range: boolean;
  legendFormat?: string;
  format?: "time_series" | "table" | "heatmap";
  interval?: string;
}

/** A transformation, with the options it takes (Grafana's documentation; the schema leaves them open). */
type Transformation = { filter?: { id: "byRefId"; options: string } } & (
  | { id: "merge"; options: Nothing }
  | { id: "filterFieldsByName"; options: { include: { names: string[] } } }
  | {
      id: "organize";
      options: {
        excludeByName: Record<string, boolean>;
        indexByName: Record<string, number>;
        renameByName: Record<string, string>;
      };
    }
  | {
      id: "convertFieldType";
      options: { conversions: { targetField: string; destinationType: "number" | "string" | "time" | "boolean" }[] };
    }
);

type Open = "fieldConfig" | "options" | "targets" | "transformations" | "type";

interface PanelOf<Type extends string, Options, Custom = Nothing> extends Omit<schema.Panel, Open> {
  type: Type;
  options: Options;
  targets: Query[];
  transformations?: Transformation[];
  fieldConfig: {
    defaults: Field<Custom>;
    overrides: { matcher: Matcher; properties: Property<Custom>[] }[];
  };
}

type Position = { axisPlacement?: schema.AxisPlacement };

/** The panel types that dashboards may use, by name. */
export interface Panels {
  bargauge: Plain<PanelOf<"bargauge", bargauge.Options>>;
  geomap: Plain<PanelOf<"geomap", geomap.Options, Position>>;
  heatmap: Plain<PanelOf<"heatmap", heatmap.Options, heatmap.FieldConfig>>;
  row: Plain<schema.RowPanel>;
  stat: Plain<PanelOf<"stat", stat.Options>>;
  "state-timeline": Plain<PanelOf<"state-timeline", statetimeline.Options, statetimeline.FieldConfig>>;
  "status-history": Plain<PanelOf<"status-history", statushistory.Options, statushistory.FieldConfig>>;
  table: Plain<PanelOf<"table", table.Options, table.FieldConfig>>;
  timeseries: Plain<PanelOf<"timeseries", timeseries.Options, timeseries.FieldConfig>>;
}

/** Prometheus' own part of an annotation, which @grafana/schema 11.6 has not. */
type Annotation = Omit<schema.AnnotationQuery, "target"> & {
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
  tagKeys?: string;
};

/** A variable, with the keys of the `interval` type that the SDK writes for every type (@grafana/schema has none). */
type Variable = schema.VariableModel & { auto?: boolean; auto_count?: number; auto_min?: string };

/** A dashboard without its panels, which are checked each by its type. */
export type Sheet = Plain<
  Omit<schema.Dashboard, "panels" | "annotations" | "templating"> & {
    annotations: { list?: Annotation[] };
    templating: { list: Variable[] };
  }
>;
