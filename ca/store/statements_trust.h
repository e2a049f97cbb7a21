/* Statements of the trust services and of public certificates; rows of the table in statements.c. */

    READ(ST_TRUST_LIST, "trust-list",
         "SELECT a.id, t.family, p.id, t.generation, t.retired_at, a.status, a.not_before, "
         "a.not_after FROM trust_services t JOIN authorities a ON a.number = t.authority "
         "JOIN authorities p ON p.number = t.parent WHERE t.authority > 0 ORDER BY t.authority"),
    WRITE(ST_TRUST_INSERT, "trust-insert",
          "INSERT INTO trust_services (authority, family, parent, generation, retired_at) "
          "SELECT number, ?4, (SELECT number FROM authorities WHERE id = ?5), ?6, 0 "
          "FROM authorities WHERE number = " AUTHORITY),
    WRITE(ST_TRUST_RETIRE, "trust-retire",
          "UPDATE trust_services SET retired_at = ?4 WHERE authority = " AUTHORITY
          " AND retired_at = 0"),
    WRITE(ST_PUBLIC_ORDER_PUT, "public-order-put",
          "INSERT INTO public_orders (certificate, due_at, attempts, checked_at, note, scope) "
          "SELECT c.number, ?4, 0, ?5, NULL, c.scope FROM certificates c WHERE c.number = " CERTIFICATE
          " AND c.type = 2 AND (c.status = 1 OR (c.status = 2 AND c.renewal_status IN (1, 2))) "
          "AND EXISTS (SELECT 1 FROM domain_validations WHERE certificate = c.number) "
          "AND NOT EXISTS (SELECT 1 FROM domain_validations WHERE certificate = c.number "
          "AND status <> 2) "
          "ON CONFLICT (certificate) DO UPDATE SET checked_at = excluded.checked_at"),
    READ(ST_PUBLIC_ORDER_NEXT, "public-order-next",
         "SELECT due_at FROM public_orders WHERE due_at >= 0 ORDER BY due_at LIMIT 1"),
    READ(ST_PUBLIC_ORDER_SCOPES, "public-order-scopes",
         "WITH RECURSIVE turns (scope) AS (SELECT min(scope) FROM public_orders INDEXED BY "
         "public_orders_turns WHERE scope > ?1 UNION ALL SELECT (SELECT min(o.scope) FROM "
         "public_orders o INDEXED BY public_orders_turns WHERE o.scope > turns.scope) "
         "FROM turns WHERE turns.scope IS NOT NULL) "
         "SELECT scope FROM turns WHERE scope IS NOT NULL LIMIT ?2"),
    READ(ST_PUBLIC_ORDER_LIST, "public-order-list",
         "SELECT s.account, s.region, c.id, o.due_at, o.attempts, o.checked_at, o.note "
         "FROM public_orders o INDEXED BY public_orders_turns "
         "JOIN certificates c ON c.number = o.certificate JOIN scopes s ON s.number = c.scope "
         "WHERE o.scope = ?1 AND o.due_at <= ?2 ORDER BY o.due_at LIMIT ?3"),
    READ(ST_PUBLIC_ORDER_GET, "public-order-get",
         "SELECT s.account, s.region, c.id, o.due_at, o.attempts, o.checked_at, o.note "
         "FROM public_orders o JOIN certificates c ON c.number = o.certificate "
         "JOIN scopes s ON s.number = c.scope WHERE o.certificate = " CERTIFICATE),
    WRITE(ST_PUBLIC_ORDER_DELAY, "public-order-delay",
          "UPDATE public_orders SET due_at = ?4, attempts = ?5, note = ?6 "
          "WHERE certificate = " CERTIFICATE),
    WRITE(ST_PUBLIC_ORDER_DUE, "public-order-due",
          "UPDATE public_orders SET due_at = ?1 WHERE due_at > ?1"),
    WRITE(ST_PUBLIC_ORDER_REMOVE, "public-order-remove",
          "DELETE FROM public_orders WHERE certificate = " CERTIFICATE),
    READ(ST_CT_SIZE, "ct-size", "SELECT COALESCE(max(number) + 1, 0) FROM ct_entries"),
    ADD(ST_CT_ENTRY_INSERT, "ct-entry-insert",
        "INSERT INTO ct_entries (number, leaf, extra, hash) VALUES (?1, ?2, ?3, ?4)"),
    READ(ST_CT_ENTRY_GET, "ct-entry-get",
         "SELECT number, leaf, extra, hash FROM ct_entries WHERE number = ?1"),
    READ(ST_CT_ENTRY_FIND, "ct-entry-find", "SELECT number FROM ct_entries WHERE hash = ?1"),
    ADD(ST_CT_NODE_INSERT, "ct-node-insert",
        "INSERT INTO ct_nodes (level, position, hash) VALUES (?1, ?2, ?3)"),
    READ(ST_CT_NODE_GET, "ct-node-get",
         "SELECT hash FROM ct_nodes WHERE level = ?1 AND position = ?2"),
    ADD(ST_CT_HEAD_INSERT, "ct-head-insert",
        "INSERT INTO ct_heads (size, at, root, signature) VALUES (?1, ?2, ?3, ?4)"),
    READ(ST_CT_HEAD_LAST, "ct-head-last",
         "SELECT size, at, root, signature FROM ct_heads WHERE number > 0 "
         "ORDER BY number DESC LIMIT 1"),
