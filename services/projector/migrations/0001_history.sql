-- One row for each event of ANN that belongs to a room. What a person wrote, and who, is in the sealed columns only.
CREATE TABLE event (
  -- The event's place in ANN: the order of everything readers see.
  seq INTEGER PRIMARY KEY,
  room TEXT NOT NULL,
  -- The place of the event before it in its room; 0 for the first.
  prev INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('message', 'placeholder')),
  -- Null where the event itself could not be decoded.
  event_id TEXT,
  src_seq INTEGER,
  -- Milliseconds since 1970, UTC.
  created_at INTEGER NOT NULL,
  -- Of placeholders: why there is nothing to read.
  reason TEXT,
  -- Of messages.
  submitted_id TEXT,
  author TEXT,
  sealed_alg TEXT,
  sealed_kid TEXT,
  sealed_nonce TEXT,
  sealed_ct TEXT,
  analyzer_id TEXT,
  analyzer_version TEXT,
  -- Null where the engine gave no answer.
  sentiment TEXT,
  sentiment_score REAL,
  crisis_probability REAL,
  CHECK ((kind = 'message') = (sealed_ct IS NOT NULL AND submitted_id IS NOT NULL AND author IS NOT NULL)),
  CHECK ((kind = 'placeholder') = (reason IS NOT NULL))
) STRICT;

-- A page of a room, in either direction, is one range of this index.
CREATE INDEX event_by_room ON event (room, seq);

-- Not unique: an id that comes again after the broker's window has passed is a second event.
CREATE INDEX event_by_message ON event (submitted_id, room, seq) WHERE submitted_id IS NOT NULL;

-- The last event of each room: the next one's prev.
CREATE TABLE room (
  room TEXT PRIMARY KEY,
  head INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far ANN is applied. Changes in the transaction that writes the rows, and only from the value it was read at.
CREATE TABLE position (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- Identity of the log the rows are from.
  epoch TEXT NOT NULL,
  -- Which fold made them.
  fold TEXT NOT NULL,
  applied INTEGER NOT NULL
) STRICT;
