-- +goose Up
-- One text for goose, which looks at each line otherwise, with 4 MB for each.
-- +goose StatementBegin
-- All times are milliseconds since 1970, unless something else is said. What is marked
-- as WITHOUT ROWID is kept in the order of its primary key by SQLite.
CREATE TABLE app (
    name         TEXT   NOT NULL PRIMARY KEY,
    endpoint     TEXT   NOT NULL,
    secrets      TEXT   NOT NULL,                -- credential and headers, sealed
    settings     TEXT   NOT NULL DEFAULT '{}',   -- JSON
    state        TEXT   NOT NULL,
    cause        TEXT   NOT NULL DEFAULT '',     -- of a pause
    reason       TEXT   NOT NULL,
    state_since  BIGINT NOT NULL DEFAULT 0,
    learned      TEXT   NOT NULL,                -- JSON
    alerts       TEXT   NOT NULL DEFAULT '{}',   -- JSON: which were raised, by topic
    synced       BIGINT NOT NULL DEFAULT 0,      -- whether all of the directory was pushed once
    removal      TEXT   NOT NULL DEFAULT 'null', -- JSON: how it is being removed
    updated_at   BIGINT NOT NULL,
    revision     BIGINT NOT NULL,                -- grows with every change
    -- How fast it may be asked, by all processes together: requests in flight (0 if
    -- that is not known yet), until when nothing is sent, and, in microseconds, from
    -- when on the next request may be sent.
    concurrency  BIGINT NOT NULL DEFAULT 0,
    paused_until BIGINT NOT NULL DEFAULT 0,
    next_request BIGINT NOT NULL DEFAULT 0,
    -- When it was last asked, while paused, whether it can go on, and how often it was.
    probed_at    BIGINT NOT NULL DEFAULT 0,
    probes       BIGINT NOT NULL DEFAULT 0
);

-- How the last removal of an app has ended.
CREATE TABLE removal (
    app    TEXT NOT NULL PRIMARY KEY,
    report TEXT NOT NULL -- JSON
);

CREATE TABLE subject (
    kind       TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    name       TEXT   NOT NULL, -- userName in lower case, or displayName
    manager    TEXT   NOT NULL, -- id of a user, or ''
    active     BIGINT NOT NULL DEFAULT 1,
    attributes TEXT   NOT NULL, -- JSON
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX subject_name ON subject (kind, name);
CREATE INDEX subject_manager ON subject (manager) WHERE manager <> '';

-- Who is in a group, counting the groups in it: direct tells what the directory says
-- from what follows from it.
CREATE TABLE member (
    group_id TEXT   NOT NULL,
    user_id  TEXT   NOT NULL,
    direct   BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX member_user ON member (user_id);
CREATE INDEX member_nested ON member (group_id) WHERE direct = 0;

-- The groups in a group.
CREATE TABLE subgroup (
    group_id TEXT NOT NULL,
    child_id TEXT NOT NULL,
    PRIMARY KEY (group_id, child_id)
);
CREATE INDEX subgroup_child ON subgroup (child_id);

-- Who has access to an app that is not everybody's. It follows from the app's scope.
CREATE TABLE access (
    app     TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (app, user_id)
);
CREATE INDEX access_user ON access (user_id);

-- The links of a subject lie side by side, since most changes concern all of them.
-- Rows are small, and what most changes write is in one index only, in which what has
-- changed just now lies side by side as well.
CREATE TABLE link (
    kind         TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    app          TEXT   NOT NULL,
    remote_id    TEXT   NOT NULL DEFAULT '',
    origin       TEXT   NOT NULL DEFAULT '',
    state        TEXT   NOT NULL DEFAULT 'pending',
    acked_at     BIGINT NOT NULL DEFAULT 0,  -- when the holding, or the members held, changed last
    basis        TEXT   NOT NULL DEFAULT '', -- hash of what it was last settled by
    desired      BIGINT NOT NULL DEFAULT 1,
    applied      BIGINT NOT NULL DEFAULT 0,
    behind_since BIGINT NOT NULL DEFAULT 0,  -- when what is not applied yet began
    attempts     BIGINT NOT NULL DEFAULT 0,
    ambiguous    BIGINT NOT NULL DEFAULT 0,
    last_error   TEXT   NOT NULL DEFAULT '',
    next_attempt BIGINT NOT NULL DEFAULT 0,
    recreated_at BIGINT NOT NULL DEFAULT 0,
    updated_at   BIGINT NOT NULL DEFAULT 0,
    -- When the next attempt is due: 0 if there is nothing to do, below 0 at once, the
    -- older ones first. Which attempts come before it; and which worker has one under
    -- way, '' if none has.
    due          BIGINT NOT NULL DEFAULT 0,
    lane         BIGINT NOT NULL DEFAULT 1,
    worker       TEXT   NOT NULL DEFAULT '',
    -- The run it is work of until that is done, and the state it goes back to if the
    -- run is cancelled, or ''.
    run          BIGINT NOT NULL DEFAULT 0,
    undo         TEXT   NOT NULL DEFAULT '',
    -- What the guard or a person has decided, what about, and why, or with what confirmed.
    decision       TEXT   NOT NULL DEFAULT '',
    decision_about TEXT   NOT NULL DEFAULT '',
    decision_note  TEXT   NOT NULL DEFAULT '',
    decided_at     BIGINT NOT NULL DEFAULT 0,
    -- Whether the app holds something that a goodbye takes away; when and why the
    -- account was disabled, and when it is to be deleted.
    in_use       BIGINT NOT NULL DEFAULT 0,
    disabled_at  BIGINT NOT NULL DEFAULT 0,
    disabled_for TEXT   NOT NULL DEFAULT '',
    delete_at    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, subject, app)
) /* WITHOUT ROWID */;
CREATE INDEX link_app ON link (app, kind, subject);
CREATE UNIQUE INDEX link_remote ON link (app, kind, remote_id) WHERE remote_id <> '';
-- Ids by what they are in small letters, but for those that are in small letters. The last
-- column is there for SQLite, which reads whole apps where an index does not cover.
CREATE INDEX link_remote_capital ON link (app, kind, lower(remote_id), remote_id) WHERE remote_id <> lower(remote_id);
CREATE INDEX link_untried ON link (app, kind) WHERE remote_id = '' AND attempts = 0 AND state IN ('pending', 'waiting');
-- What is to be attempted at some time, in the order in which it is, with what waits for
-- its outcome; and what has come to a stop on the way there.
CREATE INDEX link_open ON link (app, lane, due, state) WHERE state = 'pending' OR due <> 0;
CREATE INDEX link_stuck ON link (app, state, kind, next_attempt)
    WHERE state NOT IN ('pending', 'converged', 'partial', 'skipped', 'gone', 'kept', 'ignored');
CREATE INDEX link_worker ON link (worker) WHERE worker <> '';
CREATE INDEX link_run ON link (app, run, state, next_attempt) WHERE run <> 0;
CREATE INDEX link_decision ON link (app, decision) WHERE decision <> '';
CREATE INDEX link_in_use ON link (app, kind) WHERE in_use = 1;
CREATE INDEX link_delete ON link (app, delete_at) WHERE delete_at > 0;
-- The goodbyes that are ahead, among any number of other changes.
CREATE INDEX link_goodbye ON link (app) WHERE lane = 0 AND in_use = 1 AND desired > applied;

-- What an app is known to hold of a subject; no row if that is nothing.
CREATE TABLE holding (
    app      TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    version  TEXT   NOT NULL, -- of the resource in the app
    acked    TEXT   NOT NULL, -- JSON, or ''
    PRIMARY KEY (app, kind, subject)
) /* WITHOUT ROWID */;

-- What an app is known to hold of a group's members.
CREATE TABLE link_member (
    app       TEXT NOT NULL,
    group_id  TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    PRIMARY KEY (app, group_id, user_id)
) /* WITHOUT ROWID */;
CREATE INDEX link_member_user ON link_member (app, user_id);

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

CREATE TABLE run (
    id       BIGINT NOT NULL PRIMARY KEY,
    app      TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    asked_by TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    started  BIGINT NOT NULL,
    finished BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    since    BIGINT NOT NULL,            -- id of a log entry
    about    TEXT   NOT NULL,            -- JSON list of links, or '' for all
    repair   BIGINT NOT NULL,
    ready    BIGINT NOT NULL,
    marked   BIGINT NOT NULL,
    probes   BIGINT NOT NULL,
    worker   TEXT   NOT NULL DEFAULT '', -- which of them looks after it
    error    TEXT   NOT NULL,
    result   TEXT   NOT NULL             -- JSON, or ''
);
CREATE INDEX run_app ON run (app, id);
CREATE UNIQUE INDEX run_running ON run (app, kind) WHERE state = 'running';
CREATE INDEX run_audit ON run (app, state, id) WHERE kind = 'audit';

CREATE TABLE log (
    id           BIGINT NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL,
    app          TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    name         TEXT   NOT NULL DEFAULT '', -- what people call the subject
    action       TEXT   NOT NULL,
    ok           BIGINT NOT NULL,
    requests     BIGINT NOT NULL,
    status       BIGINT NOT NULL,
    cause        TEXT   NOT NULL,
    next_attempt BIGINT NOT NULL,
    duration_us  BIGINT NOT NULL,
    exchanges    TEXT   NOT NULL DEFAULT ''  -- JSON, or ''
);
CREATE INDEX log_app ON log (app, id);
CREATE INDEX log_subject ON log (app, subject, id);
CREATE INDEX log_failed ON log (app, id) WHERE ok = 0;

-- The processes that share the database. Each counts up its beat while it lives.
CREATE TABLE worker (
    id   TEXT   NOT NULL PRIMARY KEY,
    beat BIGINT NOT NULL
);
-- +goose StatementEnd
