-- Version 1. A later version is another script beside it in store.rs; this one is never changed once it was shipped.

-- What somebody set, as text. A setting that is its default because nobody set it has no row.
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- What the driver is to be told until somebody has seen it: no row, or one.
CREATE TABLE notice (kind TEXT NOT NULL, file TEXT NOT NULL, reason TEXT NOT NULL) STRICT;

-- One row. `told`: of the files that were set aside, the number of the last that the driver was told of. `digest`: of all the others; SQLite sees
-- whether its pages fit together, and not whether a text is still the one that was written.
CREATE TABLE seal (told INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
INSERT INTO seal VALUES (0, x'');
