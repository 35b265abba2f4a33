// Devices that users confirmed. A key that was given and not confirmed yet stands in its sign-in alone.

export const devices = `
create table devices (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  device_key KEYTEXT not null,
  group_key TEXT not null,
  name TEXT,
  verifier_sealed TEXT not null,
  remembered BIGINT not null,
  last_ip TEXT,
  created_at BIGINT not null,
  updated_at BIGINT not null,
  last_authenticated_at BIGINT not null,
  primary key (pool_id, user_id, device_key)
);
`
