-- +goose Up
-- When the next attempt at a link is due: 0 if there is nothing to do, below 0 at once,
-- the older ones first. Which attempts come before it; and which worker has one under
-- way, '' if none has.
ALTER TABLE link ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN lane BIGINT NOT NULL DEFAULT 1;
ALTER TABLE link ADD COLUMN worker TEXT NOT NULL DEFAULT '';
UPDATE link SET due = CASE WHEN next_attempt > 0 THEN next_attempt ELSE -1 END, lane = CASE WHEN kind = 'Group' THEN 2 ELSE 1 END
    WHERE desired > applied AND state <> 'waiting';
CREATE INDEX link_due ON link (app, lane, due) WHERE due <> 0 AND worker = '';
CREATE INDEX link_worker ON link (worker) WHERE worker <> '';

-- The processes that share the database. Each counts up its beat while it lives.
CREATE TABLE worker (
    id   TEXT   NOT NULL PRIMARY KEY,
    beat BIGINT NOT NULL
);
