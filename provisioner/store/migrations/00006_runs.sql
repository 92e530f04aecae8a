-- +goose Up
ALTER TABLE log ADD COLUMN name TEXT NOT NULL DEFAULT '';      -- what people call the subject
ALTER TABLE log ADD COLUMN exchanges TEXT NOT NULL DEFAULT ''; -- JSON, or ''
CREATE INDEX log_subject ON log (app, subject, id);
CREATE INDEX log_failed ON log (app, id) WHERE ok = 0;

ALTER TABLE link ADD COLUMN behind_since BIGINT NOT NULL DEFAULT 0; -- when what is not applied yet began
CREATE INDEX link_state ON link (app, state, next_attempt);

CREATE TABLE run (
    id       BIGINT NOT NULL PRIMARY KEY,
    app      TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    asked_by TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    started  BIGINT NOT NULL,
    finished BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    since    BIGINT NOT NULL, -- id of a log entry
    about    TEXT   NOT NULL, -- JSON list of links, or '' for all
    repair   BIGINT NOT NULL,
    ready    BIGINT NOT NULL,
    marked   BIGINT NOT NULL,
    probes   BIGINT NOT NULL,
    worker   TEXT   NOT NULL DEFAULT '', -- which of them looks after it
    error    TEXT   NOT NULL,
    result   TEXT   NOT NULL -- JSON, or ''
);
CREATE INDEX run_app ON run (app, id);
CREATE UNIQUE INDEX run_running ON run (app, kind) WHERE state = 'running';

ALTER TABLE link ADD COLUMN run BIGINT NOT NULL DEFAULT 0;  -- the run it is work of until that is done
ALTER TABLE link ADD COLUMN undo TEXT NOT NULL DEFAULT ''; -- the state it goes back to if the run is cancelled, or ''
CREATE INDEX link_run ON link (app, run, state, next_attempt) WHERE run <> 0;
