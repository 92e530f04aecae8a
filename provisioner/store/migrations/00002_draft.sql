-- +goose Up
-- Whether an app is no draft any more. Those that were there before are none, but for one
-- that was paused until its first sync.
ALTER TABLE app ADD COLUMN started BIGINT NOT NULL DEFAULT 0;
UPDATE app SET started = 1 WHERE cause <> 'first';
UPDATE app SET state = 'draft', cause = '' WHERE cause = 'first';
