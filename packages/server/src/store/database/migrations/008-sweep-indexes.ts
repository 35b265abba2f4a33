// What the sweep finds codes and counts by that are over.

export const sweepIndexes = `
create index codes_by_expiry on codes (expires_at);
create index attempts_by_time on attempts (since_at);
`
