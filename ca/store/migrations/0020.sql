-- 0020: policies of authorities: who else may use them.

CREATE TABLE authority_policies (
    authority INTEGER NOT NULL PRIMARY KEY REFERENCES authorities (number), -- whose
    policy TEXT NOT NULL,         -- the document as it was put
    changed_at INTEGER NOT NULL   -- when it was put
) STRICT;
