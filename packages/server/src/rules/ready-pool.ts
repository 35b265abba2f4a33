// The names of the pool and app client that every database of the development server has. They are always the same, so
// that scripts can name them, and no other database has them: other pools and clients get random ids.

const poolName = 'Poolkeepr'

/** The id of the ready pool of a Region. */
export const readyPoolId = (region: string): string => `${region}_${poolName}`

/** The id of its app client. */
export const readyClientId = '1poolkeeper0development000'

/** How the ids of ready pools end, in the words of LIKE with the escape character `!`. */
export const readyPoolPattern: string = `%!_${poolName}`
