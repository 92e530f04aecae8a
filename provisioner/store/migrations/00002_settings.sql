-- +goose Up
ALTER TABLE app ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'; -- JSON
UPDATE app SET settings = '{"groups":"' || policy || '"}';
ALTER TABLE app DROP COLUMN policy;
