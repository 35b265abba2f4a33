// Passkeys (W3C Web Authentication). Nothing in them is secret.

export const passkeys = `
create table passkeys (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  credential_id KEYTEXT not null,
  public_key TEXT not null,
  counter BIGINT not null,
  name TEXT not null,
  relying_party TEXT not null,
  attachment TEXT,
  transports TEXT not null,
  created_at BIGINT not null,
  primary key (pool_id, user_id, credential_id)
);
`
