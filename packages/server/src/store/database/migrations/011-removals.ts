// Clients and users that were removed and may still have rows, and the indexes by which such rows are found.

export const removals = `
create table removals (
  pool_id KEYTEXT not null,
  kind KEYTEXT not null,
  id KEYTEXT not null,
  removed_at BIGINT not null,
  primary key (pool_id, kind, id)
);
create index pools_deleted on pools (deleted_at) where deleted_at is not null;
create index sessions_by_client on sessions (pool_id, client_id);
create index sign_ins_by_client on sign_ins (pool_id, client_id);
`
