// Clients and users that were removed and may still have rows, and the indexes by which such rows are found; the highest
// time that the service has seen, and the temporary passwords that a clock which is set back would make good again.

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

create table clock (
  name KEYTEXT primary key,
  highest_at BIGINT not null,
  stepped_from BIGINT,
  stepped_to BIGINT
);
create index users_by_temporary on users (temporary_until) where temporary_until is not null;
`
