// Resource servers: what the custom scopes of a pool belong to.

export const resourceServers = `
create table resource_servers (
  pool_id KEYTEXT not null,
  identifier KEYTEXT not null,
  name TEXT not null,
  scopes TEXT not null,
  primary key (pool_id, identifier)
);
`
