-- 0024: the appliance's own trust services, and public certificates that are to be issued.

-- The authorities that issue public certificates. Their rows in authorities belong to an account
-- that nobody has (ca/trust/trust.h).
CREATE TABLE trust_services (
    authority INTEGER PRIMARY KEY REFERENCES authorities (number), -- which
    family INTEGER NOT NULL,    -- enum key_alg of its key
    parent INTEGER NOT NULL REFERENCES authorities (number), -- the root that issued it; a root: itself
    generation INTEGER NOT NULL, -- number in its name; grows within the family, for roots and for others
    retired_at INTEGER NOT NULL  -- since when it issues no more; 0 = it issues
) STRICT;

-- Public certificates whose names are proved and that wait for their certificate: new ones and those
-- that are renewed.
CREATE TABLE public_orders (
    certificate INTEGER PRIMARY KEY REFERENCES certificates (number) ON DELETE CASCADE, -- which
    due_at INTEGER NOT NULL,     -- when it is tried next
    attempts INTEGER NOT NULL,   -- so often it was tried in vain
    checked_at INTEGER NOT NULL, -- when CAA was last looked up for all its names
    note TEXT                    -- why it does not go on, in words for people
) STRICT;
CREATE INDEX public_orders_due ON public_orders (due_at);
