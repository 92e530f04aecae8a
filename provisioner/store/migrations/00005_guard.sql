-- +goose Up
ALTER TABLE app ADD COLUMN cause TEXT NOT NULL DEFAULT ''; -- of a pause
ALTER TABLE app ADD COLUMN state_since BIGINT NOT NULL DEFAULT 0;
UPDATE app SET cause = 'auth' WHERE state = 'paused';

-- What the guard or a person has decided about a link, what it is about, and why.
ALTER TABLE link ADD COLUMN decision TEXT NOT NULL DEFAULT '';
ALTER TABLE link ADD COLUMN decision_about TEXT NOT NULL DEFAULT '';
ALTER TABLE link ADD COLUMN decision_note TEXT NOT NULL DEFAULT '';
ALTER TABLE link ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX link_decision ON link (app, decision) WHERE decision <> '';

-- Whether the app holds something that a goodbye takes away; when an account was
-- disabled, and when it is to be deleted.
ALTER TABLE link ADD COLUMN in_use BIGINT NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN disabled_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN delete_at BIGINT NOT NULL DEFAULT 0;
UPDATE link SET in_use = 1 WHERE remote_id <> '' AND acked NOT LIKE '%"active":false%';
CREATE INDEX link_in_use ON link (app, kind) WHERE in_use = 1;
CREATE INDEX link_delete ON link (app, delete_at) WHERE delete_at > 0;

-- The goodbyes that the guard has let through lately.
CREATE TABLE goodbye (
    app     TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (app, kind, subject)
);
CREATE INDEX goodbye_at ON goodbye (app, at);

-- Why what the directory says is not to be trusted with goodbyes; no row if it is.
CREATE TABLE distrust (
    source TEXT   NOT NULL PRIMARY KEY, -- who says so
    reason TEXT   NOT NULL,
    since  BIGINT NOT NULL
);

CREATE INDEX link_member_user ON link_member (app, user_id);

-- How an app is being removed, and how its last removal has ended.
ALTER TABLE app ADD COLUMN removal TEXT NOT NULL DEFAULT 'null'; -- JSON
CREATE TABLE removal (
    app    TEXT NOT NULL PRIMARY KEY,
    report TEXT NOT NULL -- JSON
);
