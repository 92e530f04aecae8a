-- +goose Up
-- How fast an app may be asked, by all processes together: requests in flight (0 if
-- that is not known yet), until when nothing is sent, and, in microseconds, from when
-- on the next request may be sent.
ALTER TABLE app ADD COLUMN concurrency BIGINT NOT NULL DEFAULT 0;
ALTER TABLE app ADD COLUMN paused_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE app ADD COLUMN next_request BIGINT NOT NULL DEFAULT 0;
-- When a paused app was last asked whether it can go on, and how often it was.
ALTER TABLE app ADD COLUMN probed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE app ADD COLUMN probes BIGINT NOT NULL DEFAULT 0;
