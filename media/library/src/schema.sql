-- Version 1. A later version is another script beside it in open.rs; this one is never changed once it was shipped.
-- Rows are named for good (AUTOINCREMENT): an id that was given out once never names something else.

CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('generation', 1);

CREATE TABLE volume (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    usb INTEGER NOT NULL,
    name TEXT NOT NULL,
    root BLOB NOT NULL,
    present INTEGER NOT NULL
);

-- `path` is below the volume's root, without a slash at its ends; the root itself is ''. `key` orders by whole paths.
CREATE TABLE folder (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    volume INTEGER NOT NULL,
    parent INTEGER,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    key TEXT NOT NULL,
    children INTEGER NOT NULL DEFAULT 0,
    art TEXT
);
CREATE UNIQUE INDEX folder_path ON folder (volume, path);
CREATE INDEX folder_parent ON folder (parent, key);
CREATE INDEX folder_key ON folder (volume, key);

-- `folded` says who is the same, `key` who comes first.
CREATE TABLE artist (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL,
    art TEXT
);
CREATE INDEX artist_key ON artist (key);

CREATE TABLE genre (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL
);

-- `scope` tells albums of one title apart: by the folded album artist, or else by the folder.
CREATE TABLE album (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    volume INTEGER NOT NULL,
    title TEXT NOT NULL,
    folded TEXT NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    artist TEXT NOT NULL,
    album_artist INTEGER,
    year INTEGER,
    art TEXT,
    tracks INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX album_same ON album (volume, folded, scope);
CREATE INDEX album_key ON album (key);
CREATE INDEX album_artist ON album (album_artist) WHERE album_artist IS NOT NULL;

-- `core` is the folded title without what differs between editions; `file_key` orders by file name.
CREATE TABLE track (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    volume INTEGER NOT NULL,
    folder INTEGER NOT NULL,
    name TEXT NOT NULL,
    file_key TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    title TEXT NOT NULL,
    key TEXT NOT NULL,
    core TEXT NOT NULL,
    artist TEXT NOT NULL,
    album INTEGER,
    genre INTEGER,
    disc INTEGER,
    number INTEGER,
    length_us INTEGER,
    art TEXT,
    reason TEXT NOT NULL
);
CREATE UNIQUE INDEX track_file ON track (folder, file_key, name);
CREATE INDEX track_key ON track (key);
CREATE INDEX track_core ON track (core);
CREATE INDEX track_album ON track (album) WHERE album IS NOT NULL;
CREATE INDEX track_genre ON track (genre) WHERE genre IS NOT NULL;

CREATE TABLE track_artist (
    artist INTEGER NOT NULL,
    track INTEGER NOT NULL,
    place INTEGER NOT NULL,
    volume INTEGER NOT NULL,
    PRIMARY KEY (artist, track)
) WITHOUT ROWID;
CREATE INDEX track_artist_track ON track_artist (track);

-- How many tracks of a volume an artist or a genre has: what lists show, without counting.
CREATE TABLE artist_share (
    artist INTEGER NOT NULL,
    volume INTEGER NOT NULL,
    tracks INTEGER NOT NULL,
    PRIMARY KEY (artist, volume)
) WITHOUT ROWID;
CREATE TABLE genre_share (
    genre INTEGER NOT NULL,
    volume INTEGER NOT NULL,
    tracks INTEGER NOT NULL,
    PRIMARY KEY (genre, volume)
) WITHOUT ROWID;

CREATE TABLE playlist (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    volume INTEGER NOT NULL,
    folder INTEGER NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    title TEXT NOT NULL,
    key TEXT NOT NULL,
    entries INTEGER NOT NULL
);
CREATE UNIQUE INDEX playlist_file ON playlist (folder, name);
CREATE INDEX playlist_key ON playlist (key);

-- An entry names a file of the same volume, or a station. `track` is found when a scan ends.
CREATE TABLE playlist_entry (
    playlist INTEGER NOT NULL,
    place INTEGER NOT NULL,
    folder_path TEXT NOT NULL,
    folder_key TEXT NOT NULL,
    name TEXT NOT NULL,
    file_key TEXT NOT NULL,
    track INTEGER,
    station INTEGER,
    PRIMARY KEY (playlist, place)
) WITHOUT ROWID;
CREATE INDEX playlist_entry_track ON playlist_entry (track) WHERE track IS NOT NULL;

-- `listed` is 0 for an address that only a playlist names.
CREATE TABLE station (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL UNIQUE,
    uuid TEXT NOT NULL,
    title TEXT NOT NULL,
    key TEXT NOT NULL,
    country TEXT NOT NULL,
    language TEXT NOT NULL,
    tags TEXT NOT NULL,
    codec TEXT NOT NULL,
    bitrate INTEGER NOT NULL,
    favicon TEXT NOT NULL,
    listed INTEGER NOT NULL,
    art TEXT,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX station_uuid ON station (uuid) WHERE uuid <> '';
CREATE INDEX station_key ON station (key) WHERE listed;

CREATE TABLE podcast (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    key TEXT NOT NULL,
    author TEXT NOT NULL DEFAULT '',
    art_url TEXT NOT NULL DEFAULT '',
    art TEXT,
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    failed TEXT NOT NULL DEFAULT '',
    episodes INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE episode (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    podcast INTEGER NOT NULL,
    guid TEXT NOT NULL,
    title TEXT NOT NULL,
    key TEXT NOT NULL,
    core TEXT NOT NULL,
    url TEXT NOT NULL,
    bytes INTEGER,
    length_us INTEGER,
    published INTEGER,
    file BLOB,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX episode_guid ON episode (podcast, guid);
CREATE INDEX episode_names ON episode (guid);
CREATE INDEX episode_url ON episode (url);
CREATE INDEX episode_core ON episode (core);
CREATE INDEX episode_newest ON episode (podcast, published);

-- How far something was heard, and when last. `kind` is a place in Kind::ALL.
CREATE TABLE heard (
    kind INTEGER NOT NULL,
    item INTEGER NOT NULL,
    position_us INTEGER NOT NULL,
    at_unix INTEGER NOT NULL,
    PRIMARY KEY (kind, item)
) WITHOUT ROWID;
CREATE INDEX heard_at ON heard (at_unix);

-- The queue in pieces, so that a change writes only the pieces that it changed; the state apart, the position apart from it.
CREATE TABLE session_piece (list TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (list, place)) WITHOUT ROWID;
CREATE TABLE session_state (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
CREATE TABLE session_position (one INTEGER PRIMARY KEY CHECK (one = 1), entry INTEGER NOT NULL, position_us INTEGER NOT NULL);

-- Words as fold.rs cuts them. A row is a kind's place in Kind::ALL << 48 | row.
CREATE VIRTUAL TABLE word USING fts5 (title, rest, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '1 2 3');

CREATE TRIGGER folder_added AFTER INSERT ON folder WHEN new.parent IS NOT NULL BEGIN
    UPDATE folder SET children = children + 1 WHERE row = new.parent;
END;
CREATE TRIGGER folder_gone AFTER DELETE ON folder WHEN old.parent IS NOT NULL BEGIN
    UPDATE folder SET children = children - 1 WHERE row = old.parent;
END;
CREATE TRIGGER track_added AFTER INSERT ON track BEGIN
    UPDATE folder SET children = children + 1 WHERE row = new.folder;
    UPDATE album SET tracks = tracks + 1 WHERE row = new.album;
    INSERT INTO genre_share SELECT new.genre, new.volume, 1 WHERE new.genre IS NOT NULL
        ON CONFLICT DO UPDATE SET tracks = tracks + 1;
END;
CREATE TRIGGER track_changed AFTER UPDATE OF album, genre ON track BEGIN
    UPDATE album SET tracks = tracks - 1 WHERE row = old.album;
    UPDATE album SET tracks = tracks + 1 WHERE row = new.album;
    UPDATE genre_share SET tracks = tracks - 1 WHERE genre = old.genre AND volume = old.volume;
    INSERT INTO genre_share SELECT new.genre, new.volume, 1 WHERE new.genre IS NOT NULL
        ON CONFLICT DO UPDATE SET tracks = tracks + 1;
END;
CREATE TRIGGER track_gone AFTER DELETE ON track BEGIN
    UPDATE folder SET children = children - 1 WHERE row = old.folder;
    UPDATE album SET tracks = tracks - 1 WHERE row = old.album;
    UPDATE genre_share SET tracks = tracks - 1 WHERE genre = old.genre AND volume = old.volume;
    DELETE FROM track_artist WHERE track = old.row;
    UPDATE playlist_entry SET track = NULL WHERE track = old.row;
    DELETE FROM heard WHERE kind = 0 AND item = old.row;
    DELETE FROM word WHERE rowid = old.row;
END;
CREATE TRIGGER track_artist_added AFTER INSERT ON track_artist BEGIN
    INSERT INTO artist_share VALUES (new.artist, new.volume, 1) ON CONFLICT DO UPDATE SET tracks = tracks + 1;
END;
CREATE TRIGGER track_artist_gone AFTER DELETE ON track_artist BEGIN
    UPDATE artist_share SET tracks = tracks - 1 WHERE artist = old.artist AND volume = old.volume;
END;
CREATE TRIGGER artist_gone AFTER DELETE ON artist BEGIN
    DELETE FROM word WHERE rowid = 3 << 48 | old.row;
END;
CREATE TRIGGER album_gone AFTER DELETE ON album BEGIN
    DELETE FROM word WHERE rowid = 4 << 48 | old.row;
END;
CREATE TRIGGER playlist_added AFTER INSERT ON playlist BEGIN
    UPDATE folder SET children = children + 1 WHERE row = new.folder;
END;
CREATE TRIGGER playlist_gone AFTER DELETE ON playlist BEGIN
    UPDATE folder SET children = children - 1 WHERE row = old.folder;
    DELETE FROM playlist_entry WHERE playlist = old.row;
    DELETE FROM word WHERE rowid = 7 << 48 | old.row;
END;
CREATE TRIGGER station_gone AFTER DELETE ON station BEGIN
    DELETE FROM heard WHERE kind = 1 AND item = old.row;
    UPDATE playlist_entry SET station = NULL WHERE station = old.row;
    DELETE FROM word WHERE rowid = 1 << 48 | old.row;
END;
CREATE TRIGGER podcast_gone AFTER DELETE ON podcast BEGIN
    DELETE FROM episode WHERE podcast = old.row;
    DELETE FROM word WHERE rowid = 8 << 48 | old.row;
END;
CREATE TRIGGER episode_added AFTER INSERT ON episode BEGIN
    UPDATE podcast SET episodes = episodes + 1 WHERE row = new.podcast;
END;
CREATE TRIGGER episode_gone AFTER DELETE ON episode BEGIN
    UPDATE podcast SET episodes = episodes - 1 WHERE row = old.podcast;
    DELETE FROM heard WHERE kind = 2 AND item = old.row;
    DELETE FROM word WHERE rowid = 2 << 48 | old.row;
END;
