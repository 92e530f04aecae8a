-- +goose Up
-- The groups in a group. Who is in a group counting those is kept in member, where
-- direct tells what the directory says from what follows from it.
CREATE TABLE subgroup (
    group_id TEXT NOT NULL,
    child_id TEXT NOT NULL,
    PRIMARY KEY (group_id, child_id)
);
CREATE INDEX subgroup_child ON subgroup (child_id);
ALTER TABLE member ADD COLUMN direct BIGINT NOT NULL DEFAULT 1;
CREATE INDEX member_nested ON member (group_id) WHERE direct = 0;

-- Who has access to an app that is not everybody's. It follows from the app's scope.
CREATE TABLE access (
    app     TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (app, user_id)
);
CREATE INDEX access_user ON access (user_id);

ALTER TABLE subject ADD COLUMN active BIGINT NOT NULL DEFAULT 1;
UPDATE subject SET active = 0 WHERE kind = 'User' AND attributes LIKE '%"active":false%';

ALTER TABLE app ADD COLUMN synced BIGINT NOT NULL DEFAULT 0; -- whether all of the directory was pushed once
UPDATE app SET synced = 1 WHERE EXISTS (SELECT 1 FROM link WHERE link.app = app.name);

ALTER TABLE link ADD COLUMN basis TEXT NOT NULL DEFAULT ''; -- hash of what it was last settled by
