// Groups of a pool.

export const groups = `
create table groups (
  pool_id KEYTEXT not null,
  name KEYTEXT not null,
  description TEXT,
  role_arn TEXT,
  precedence BIGINT,
  created_at BIGINT not null,
  updated_at BIGINT not null,
  primary key (pool_id, name)
);
`
