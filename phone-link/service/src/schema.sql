CREATE TABLE phone (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    certificate BLOB NOT NULL,
    protocol INTEGER NOT NULL,
    kind TEXT NOT NULL,
    grants TEXT NOT NULL,
    automatic TEXT NOT NULL,
    is_guest INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    address TEXT
) STRICT;
-- The last step of each hand-over: what is about to be done, or was the last to be done.
CREATE TABLE step (
    phone TEXT NOT NULL REFERENCES phone (id) ON DELETE CASCADE,
    player TEXT NOT NULL,
    session TEXT NOT NULL,
    track TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    item TEXT NOT NULL,
    step TEXT NOT NULL,
    position_ms INTEGER,
    -- When it was written, seconds since 1970.
    at INTEGER NOT NULL,
    PRIMARY KEY (phone, player)
) STRICT;
CREATE TABLE place (
    session TEXT PRIMARY KEY,
    phone TEXT NOT NULL REFERENCES phone (id) ON DELETE CASCADE,
    original TEXT NOT NULL,
    stage TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    since INTEGER NOT NULL
) STRICT;
-- Names are kept as they were: the phone may be forgotten.
CREATE TABLE ledger (
    row INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    phone TEXT NOT NULL,
    phone_name TEXT NOT NULL,
    deed TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL
) STRICT;
CREATE TABLE fact (key TEXT PRIMARY KEY, value INTEGER) STRICT;
