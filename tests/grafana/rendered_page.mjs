// @grafana/data looks here for a page's settings and its reader's language. (Node 21 has a navigator of its own.)
globalThis.window = {};
globalThis.navigator ??= { languages: ["vi"] };
