-- Times are whole microseconds since 1970, UTC: exact as datetime is, and their sums are too.

-- One row a run of the agent. What was held counts as seen up to `seen`, the last sign of life; a run that was killed
-- has no `ended` until the next one closes it. Runs are numbered by their start.
CREATE TABLE run (
    started INTEGER PRIMARY KEY,
    seen INTEGER NOT NULL,
    ended INTEGER
);

-- Where each target stands since when, and what it spent in each state before that (a column a state, microseconds).
CREATE TABLE now (
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    root TEXT NOT NULL,
    since INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    up INTEGER NOT NULL,
    degraded INTEGER NOT NULL,
    unreachable INTEGER NOT NULL,
    down INTEGER NOT NULL,
    maintenance INTEGER NOT NULL,
    PRIMARY KEY (kind, target)
) WITHOUT ROWID;

-- Stretches that are over. `magnitude` is the length's number of bits: until - since < 2^magnitude. So what overlaps a
-- period ends, for each magnitude, in a range of known bounds, and long stretches are found without looking at all that
-- came after. New rows come at the end of each magnitude, whatever their target: few pages are touched.
CREATE TABLE span (
    magnitude INTEGER NOT NULL,
    until INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    root TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (magnitude, until, kind, target)
) WITHOUT ROWID;

CREATE TABLE outage (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    cause TEXT NOT NULL,
    started INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    ended INTEGER,
    district TEXT NOT NULL,
    detail TEXT NOT NULL,
    affected INTEGER NOT NULL,
    most_affected INTEGER NOT NULL,
    suspects TEXT NOT NULL, -- a JSON list of ids
    flapping INTEGER NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX outage_ended ON outage (ended);

-- Windows that people added, numbered as they came.
CREATE TABLE maintenance (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    targets TEXT NOT NULL, -- a JSON list of ids
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    why TEXT NOT NULL
);
