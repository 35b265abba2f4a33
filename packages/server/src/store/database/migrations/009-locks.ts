// Guesses are counted in one table for users and unknown names. The counts of users come over; those of unknown names
// end with their quarter of an hour.

export const locks = `
create table locks (
  pool_id KEYTEXT not null,
  user_id KEYTEXT not null,
  failures BIGINT not null,
  last_failure_at BIGINT not null,
  locked_until BIGINT not null,
  ticket KEYTEXT not null,
  primary key (pool_id, user_id)
);
create index locks_by_time on locks (last_failure_at);
insert into locks (pool_id, user_id, failures, last_failure_at, locked_until, ticket)
select pool_id, user_id, failures, last_failure_at, locked_until, '' from users where failures > 0;
`
