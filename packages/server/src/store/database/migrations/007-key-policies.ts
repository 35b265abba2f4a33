// What an access key is limited to; null is no limit, as the keys before have none.

export const keyPolicies = `
alter table access_keys add column policy TEXT;
`
