// What a person does at their desk: reads the mailbox of the development server, and the code of an authenticator app
// that goes by the server's clock.
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'

/** The ids of the pool that the development server has ready. */
export const ready = { poolId: 'zz-local-1_Poolkeepr', clientId: '1poolkeeper0development000' } as const

/** The newest code sent to an address. */
export const codeFor = async (url: string, address: string): Promise<string> => {
  const response = await fetch(`${url}/_poolkeeper/mailbox?to=${encodeURIComponent(address)}`)
  const [mail] = (await response.json()) as { body: string }[]
  return /\d{6,8}/.exec(mail?.body ?? '')?.[0] ?? ''
}

/** Moves the server's clock. */
export const advance = async (url: string, seconds: number): Promise<void> => {
  await fetch(`${url}/_poolkeeper/clock`, { method: 'POST', body: JSON.stringify({ advanceSeconds: seconds }) })
}

/** The server's clock, in epoch milliseconds. */
export const serverClock = async (url: string): Promise<number> => {
  const { now } = (await (await fetch(`${url}/_poolkeeper/clock`)).json()) as { now: string }
  return Date.parse(now)
}

/** The code that an authenticator app shows now. */
export const appCode = async (url: string, secret: string): Promise<string> =>
  totpCode(decodeBase32(secret), totpStep(await serverClock(url)))
