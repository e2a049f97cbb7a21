-- 0025: the log of certificate transparency that the appliance keeps itself (RFC 6962).

CREATE TABLE ct_entries (
    number INTEGER PRIMARY KEY,  -- place in the log, from 0, without a gap
    leaf BLOB NOT NULL,          -- MerkleTreeLeaf
    extra BLOB NOT NULL,         -- PrecertChainEntry
    hash BLOB NOT NULL           -- of the leaf, 32 octets
) STRICT;
CREATE UNIQUE INDEX ct_entries_by_hash ON ct_entries (hash);

-- Hashes of complete subtrees: (level, position) covers the entries position << level and so on.
CREATE TABLE ct_nodes (
    level INTEGER NOT NULL,      -- 0 = leaves
    position INTEGER NOT NULL,   -- from 0
    hash BLOB NOT NULL,          -- 32 octets
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

-- What the log has said of itself.
CREATE TABLE ct_heads (
    number INTEGER PRIMARY KEY,  -- in order
    size INTEGER NOT NULL,       -- entries
    at INTEGER NOT NULL,         -- milliseconds since 1970
    root BLOB NOT NULL,          -- hash of the tree
    signature BLOB NOT NULL      -- ECDSA with SHA-256, DER
) STRICT;

CREATE TRIGGER ct_entries_stay BEFORE UPDATE ON ct_entries
BEGIN
    SELECT RAISE(ABORT, 'entries of the log do not change');
END;
CREATE TRIGGER ct_entries_are_kept BEFORE DELETE ON ct_entries
BEGIN
    SELECT RAISE(ABORT, 'entries of the log are not deleted');
END;
CREATE TRIGGER ct_nodes_stay BEFORE UPDATE ON ct_nodes
BEGIN
    SELECT RAISE(ABORT, 'hashes of the log do not change');
END;
CREATE TRIGGER ct_nodes_are_kept BEFORE DELETE ON ct_nodes
BEGIN
    SELECT RAISE(ABORT, 'hashes of the log are not deleted');
END;
CREATE TRIGGER ct_heads_stay BEFORE UPDATE ON ct_heads
BEGIN
    SELECT RAISE(ABORT, 'tree heads do not change');
END;
CREATE TRIGGER ct_heads_are_kept BEFORE DELETE ON ct_heads
BEGIN
    SELECT RAISE(ABORT, 'tree heads are not deleted');
END;
