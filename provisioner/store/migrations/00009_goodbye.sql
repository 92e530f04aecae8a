-- +goose Up
ALTER TABLE link ADD COLUMN disabled_for TEXT NOT NULL DEFAULT ''; -- why the account is disabled

-- The goodbyes that are ahead, among any number of other changes.
CREATE INDEX link_goodbye ON link (app) WHERE lane = 0 AND in_use = 1 AND desired > applied;
