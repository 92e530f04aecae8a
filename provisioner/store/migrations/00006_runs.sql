-- +goose Up
ALTER TABLE log ADD COLUMN name TEXT NOT NULL DEFAULT '';      -- what people call the subject
ALTER TABLE log ADD COLUMN exchanges TEXT NOT NULL DEFAULT ''; -- JSON, or ''
CREATE INDEX log_subject ON log (app, subject, id);
CREATE INDEX log_failed ON log (app, id) WHERE ok = 0;

ALTER TABLE link ADD COLUMN behind_since BIGINT NOT NULL DEFAULT 0; -- when what is not applied yet began
CREATE INDEX link_state ON link (app, state, next_attempt);
