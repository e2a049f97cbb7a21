-- 0010: certificate revocation lists.

-- The CRLs that authorities have, each from the moment that somebody wants it.
CREATE TABLE crls (
    authority INTEGER NOT NULL REFERENCES authorities (number), -- who signs it
    part INTEGER NOT NULL,        -- -1 complete, else the last octet of the serial numbers in it
    number INTEGER NOT NULL,      -- cRLNumber that was taken last, RFC 5280 5.2.3; 0 = none
    wishes INTEGER NOT NULL,      -- grows whenever it is wanted anew
    this_update INTEGER NOT NULL, -- of the one that is published; 0 = none
    next_update INTEGER NOT NULL, -- of the same
    rest_until INTEGER NOT NULL,  -- it is not made again before, so that many revocations share one
    due_at INTEGER NOT NULL,      -- when it is to be made
    PRIMARY KEY (authority, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX crls_due ON crls (due_at);

CREATE INDEX revocations_in_part ON revocations (authority, substr(serial, 20, 1), number);
