-- 0023: files that are to be put into an object store.

CREATE TABLE deliveries (
    bucket TEXT NOT NULL,       -- where to
    key TEXT NOT NULL,          -- name of the object there
    source TEXT NOT NULL,       -- path of the file here
    acl TEXT,                   -- canned ACL of the object
    media_type TEXT NOT NULL,   -- Content-Type
    stamp INTEGER NOT NULL,     -- when it was asked for: a later version of the file has a later one
    due_at INTEGER NOT NULL,    -- when it is to be tried
    attempts INTEGER NOT NULL,  -- how often that was done in vain
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (due_at);

-- The redirects of HTTP validation, by where they lead.
CREATE INDEX domain_validations_targets ON domain_validations (challenge_value) WHERE method = 3;
