// The rows of every table, as Kysely checks them. Instants are epoch milliseconds, flags are 0 and 1, documents are
// JSON text; docs/decisions/keys-and-distribution.md says how each table is spread over several machines.

export type Tables = {
  pools: {
    pool_id: string
    region: string
    name: string
    settings: string
    version: number
    created_at: number
    updated_at: number
    deleted_at: number | null
  }
  clients: {
    client_id: string
    pool_id: string
    name: string
    settings: string
    secrets: string
    version: number
    created_at: number
    updated_at: number
  }
  users: {
    pool_id: string
    user_id: string
    username: string
    status: string
    enabled: number
    attributes: string
    password_hash: string | null
    srp_sealed: string | null
    password_history: string
    credentials_at: number
    temporary_until: number | null
    mfa: string
    failures: number
    last_failure_at: number
    locked_until: number
    version: number
    created_at: number
    updated_at: number
  }
  directory: { pool_id: string; name: string; kind: string; user_id: string }
  search: { pool_id: string; attribute: string; value: string; user_id: string }
  attempts: { pool_id: string; user_id: string; kind: string; count: number; since_at: number }
  codes: {
    pool_id: string
    user_id: string
    purpose: string
    code_mac: string
    attribute: string
    pending: string | null
    attempts: number
    expires_at: number
  }
  sessions: {
    pool_id: string
    user_id: string
    session_id: string
    client_id: string
    step: string
    state: string
    attempts: number
    credentials_at: number
    expires_at: number
    ended_at: number | null
  }
  sign_ins: {
    pool_id: string
    user_id: string
    origin_jti: string
    client_id: string
    event_id: string
    auth_at: number
    expires_at: number
    generation: number
    rotated_at: number | null
    device_key: string | null
    details: string
    revoked_at: number | null
    session_id: string | null
    last_active_at: number | null
    device_type: string | null
    last_ip: string | null
  }
  software_tokens: {
    pool_id: string
    user_id: string
    secret_sealed: string | null
    pending_sealed: string | null
    friendly_name: string | null
    last_step: number
    verified_at: number | null
  }
  passkeys: {
    pool_id: string
    user_id: string
    credential_id: string
    public_key: string
    counter: number
    name: string
    relying_party: string
    attachment: string | null
    transports: string
    created_at: number
  }
  devices: {
    pool_id: string
    user_id: string
    device_key: string
    group_key: string
    name: string | null
    verifier_sealed: string
    remembered: number
    last_ip: string | null
    created_at: number
    updated_at: number
    last_authenticated_at: number
  }
  signing_keys: {
    pool_id: string
    kid: string
    use: string
    public_jwk: string
    private_sealed: string
    created_at: number
    retired_at: number | null
  }
  outbox: {
    message_id: string
    pool_id: string
    user_id: string
    channel: string
    recipient: string
    content_sealed: string
    created_at: number
    expires_at: number
    next_attempt_at: number
    attempts: number
    lease_until: number
    sent_at: number | null
  }
  recovery_codes: { pool_id: string; user_id: string; code_mac: string; created_at: number }
  resource_servers: { pool_id: string; identifier: string; name: string; scopes: string }
  access_keys: {
    access_key_id: string
    secret_sealed: string
    note: string
    created_at: number
    disabled_at: number | null
    policy: string | null
  }
  leases: { name: string; owner: string; until_at: number }
  migrations: { number: number; name: string; applied_at: number }
}
