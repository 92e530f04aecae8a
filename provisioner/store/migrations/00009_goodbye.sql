-- +goose Up
-- The goodbyes that are ahead, among any number of other changes.
CREATE INDEX link_goodbye ON link (app) WHERE lane = 0 AND in_use = 1 AND desired > applied;
