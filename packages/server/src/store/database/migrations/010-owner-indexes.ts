// Messages are found by the user whom they go with, and by their end.

export const ownerIndexes = `
create index outbox_by_user on outbox (pool_id, user_id);
create index outbox_by_expiry on outbox (expires_at);
`
