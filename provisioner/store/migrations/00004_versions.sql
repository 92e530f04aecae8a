-- +goose Up
ALTER TABLE link ADD COLUMN version TEXT NOT NULL DEFAULT ''; -- of the resource in the app
