// Sign-ins by the id under which users see and end them, and when they were last active.

export const sessionTracking = `
alter table sign_ins add column session_id KEYTEXT;
alter table sign_ins add column last_active_at BIGINT;
alter table sign_ins add column device_type TEXT;
alter table sign_ins add column last_ip TEXT;
`
