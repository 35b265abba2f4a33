// The first tables. KEYTEXT is text that sorts by bytes: plain TEXT in SQLite, TEXT COLLATE "C" in PostgreSQL.

export const foundation = `
create table pools (
  pool_id KEYTEXT primary key,
  region KEYTEXT not null,
  name TEXT not null,
  settings TEXT not null,
  version BIGINT not null,
  created_at BIGINT not null,
  updated_at BIGINT not null,
  deleted_at BIGINT
);
create index pools_by_region on pools (region, pool_id);

create table clients (
  client_id KEYTEXT primary key,
  pool_id KEYTEXT not null,
  name TEXT not null,
  settings TEXT not null,
  secrets TEXT not null,
  version BIGINT not null,
  created_at BIGINT not null,
  updated_at BIGINT not null
);
create index clients_by_pool on clients (pool_id, client_id);

create table users (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  username KEYTEXT not null,
  status KEYTEXT not null,
  enabled BIGINT not null,
  attributes TEXT not null,
  password_hash TEXT,
  srp_sealed TEXT,
  password_history TEXT not null,
  credentials_at BIGINT not null,
  temporary_until BIGINT,
  mfa TEXT not null,
  failures BIGINT not null,
  last_failure_at BIGINT not null,
  locked_until BIGINT not null,
  version BIGINT not null,
  created_at BIGINT not null,
  updated_at BIGINT not null,
  primary key (pool_id, user_id)
);
create index users_by_username on users (pool_id, username, user_id);
create index users_by_status on users (pool_id, status, user_id);
create index users_by_enabled on users (pool_id, enabled, user_id);

create table directory (
  pool_id KEYTEXT not null,
  name KEYTEXT not null,
  kind KEYTEXT not null,
  user_id KEYTEXT not null,
  primary key (pool_id, name)
);
create index directory_by_user on directory (pool_id, user_id);

create table search (
  pool_id KEYTEXT not null,
  attribute KEYTEXT not null,
  value KEYTEXT not null,
  user_id KEYTEXT not null,
  primary key (pool_id, attribute, value, user_id)
);
create index search_by_user on search (pool_id, user_id);

create table attempts (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  kind KEYTEXT not null,
  count BIGINT not null,
  since_at BIGINT not null,
  primary key (pool_id, user_id, kind)
);

create table codes (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  purpose KEYTEXT not null,
  code_mac TEXT not null,
  attribute TEXT not null,
  pending TEXT,
  attempts BIGINT not null,
  expires_at BIGINT not null,
  primary key (pool_id, user_id, purpose)
);

create table sessions (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  session_id KEYTEXT not null,
  client_id KEYTEXT not null,
  step TEXT not null,
  state TEXT not null,
  attempts BIGINT not null,
  credentials_at BIGINT not null,
  expires_at BIGINT not null,
  ended_at BIGINT,
  primary key (pool_id, user_id, session_id)
);
create index sessions_by_expiry on sessions (expires_at);

create table sign_ins (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  origin_jti KEYTEXT not null,
  client_id KEYTEXT not null,
  event_id TEXT not null,
  auth_at BIGINT not null,
  expires_at BIGINT not null,
  generation BIGINT not null,
  rotated_at BIGINT,
  device_key TEXT,
  details TEXT not null,
  revoked_at BIGINT,
  primary key (pool_id, user_id, origin_jti)
);
create index sign_ins_by_expiry on sign_ins (expires_at);

create table software_tokens (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  secret_sealed TEXT,
  pending_sealed TEXT,
  friendly_name TEXT,
  last_step BIGINT not null,
  verified_at BIGINT,
  primary key (pool_id, user_id)
);

create table signing_keys (
  pool_id KEYTEXT not null,
  kid KEYTEXT not null,
  use KEYTEXT not null,
  public_jwk TEXT not null,
  private_sealed TEXT not null,
  created_at BIGINT not null,
  retired_at BIGINT,
  primary key (pool_id, kid)
);

create table outbox (
  message_id KEYTEXT primary key,
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  channel KEYTEXT not null,
  recipient KEYTEXT not null,
  content_sealed TEXT not null,
  created_at BIGINT not null,
  expires_at BIGINT not null,
  next_attempt_at BIGINT not null,
  attempts BIGINT not null,
  lease_until BIGINT not null,
  sent_at BIGINT
);
create index outbox_due on outbox (channel, next_attempt_at) where sent_at is null;
create index outbox_by_recipient on outbox (recipient, created_at);
create index outbox_by_time on outbox (created_at);

create table access_keys (
  access_key_id KEYTEXT primary key,
  secret_sealed TEXT not null,
  note TEXT not null,
  created_at BIGINT not null,
  disabled_at BIGINT
);
`
