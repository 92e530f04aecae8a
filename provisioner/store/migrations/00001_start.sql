-- +goose Up
CREATE TABLE app (
    name       TEXT   NOT NULL PRIMARY KEY,
    endpoint   TEXT   NOT NULL,
    token      TEXT   NOT NULL, -- sealed
    policy     TEXT   NOT NULL, -- which groups it is given
    state      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    learned    TEXT   NOT NULL, -- JSON
    updated_at BIGINT NOT NULL  -- milliseconds since 1970, as all times here
);

CREATE TABLE subject (
    kind       TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    name       TEXT   NOT NULL, -- userName in lower case, or displayName
    manager    TEXT   NOT NULL, -- id of a user, or ''
    attributes TEXT   NOT NULL, -- JSON
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX subject_name ON subject (kind, name);
CREATE INDEX subject_manager ON subject (manager) WHERE manager <> '';

CREATE TABLE member (
    group_id TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX member_user ON member (user_id);

CREATE TABLE link (
    app          TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    remote_id    TEXT   NOT NULL DEFAULT '',
    origin       TEXT   NOT NULL DEFAULT '',
    state        TEXT   NOT NULL DEFAULT 'pending',
    acked        TEXT   NOT NULL DEFAULT '', -- JSON, or ''
    desired      BIGINT NOT NULL DEFAULT 1,
    applied      BIGINT NOT NULL DEFAULT 0,
    attempts     BIGINT NOT NULL DEFAULT 0,
    ambiguous    BIGINT NOT NULL DEFAULT 0,
    last_error   TEXT   NOT NULL DEFAULT '',
    next_attempt BIGINT NOT NULL DEFAULT 0,
    recreated_at BIGINT NOT NULL DEFAULT 0,
    updated_at   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (app, kind, subject)
);
CREATE UNIQUE INDEX link_remote ON link (app, kind, remote_id) WHERE remote_id <> '';
CREATE INDEX link_behind ON link (app, kind, subject) WHERE desired > applied;
CREATE INDEX link_untried ON link (app, kind) WHERE remote_id = '' AND attempts = 0 AND state IN ('pending', 'waiting');

-- What an app is known to hold of a group's members.
CREATE TABLE link_member (
    app       TEXT NOT NULL,
    group_id  TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    PRIMARY KEY (app, group_id, user_id)
);

CREATE TABLE log (
    id           BIGINT NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL,
    app          TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    action       TEXT   NOT NULL,
    ok           BIGINT NOT NULL,
    requests     BIGINT NOT NULL,
    status       BIGINT NOT NULL,
    cause        TEXT   NOT NULL,
    next_attempt BIGINT NOT NULL,
    duration_us  BIGINT NOT NULL
);
CREATE INDEX log_app ON log (app, id);
