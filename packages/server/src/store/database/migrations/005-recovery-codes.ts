// Recovery codes, by their keyed hash; each row is one use.

export const recoveryCodes = `
create table recovery_codes (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  code_mac KEYTEXT not null,
  created_at BIGINT not null,
  primary key (pool_id, user_id, code_mac)
);
`
