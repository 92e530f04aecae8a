-- +goose Up
ALTER TABLE app ADD COLUMN cause TEXT NOT NULL DEFAULT ''; -- of a pause
ALTER TABLE app ADD COLUMN state_since BIGINT NOT NULL DEFAULT 0;
UPDATE app SET cause = 'auth' WHERE state = 'paused';
