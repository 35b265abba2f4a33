import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { closing } from '../../testing/closing.ts'
import { lightArgon2, strongArgon2 } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { makePasswordHasher, type PasswordHasher } from './password-hasher.ts'

const hasher = (t: TestContext, parameters = lightArgon2): PasswordHasher => {
  const made = makePasswordHasher({ parameters, threads: 2, queueLimit: 100 })
  closing(t, made.close)
  return made
}

const password = 'Correct-Horse-7-Battery'

/** What the function of Node itself writes, as a PHC string. */
const phc = (message: string, memory: number, passes: number, parallelism: number): string => {
  const nonce = Buffer.from('0123456789abcdef')
  const tag = argon2Sync('argon2id', { message, nonce, memory, passes, parallelism, tagLength: 24 })
  const text = [nonce, tag].map((bytes) => bytes.toString('base64').replaceAll('=', ''))
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${text.join('$')}`
}

test('req 9: a hash is argon2id with its parameters and a salt of its own', async (t) => {
  const { hash } = hasher(t, strongArgon2)
  const [first, second] = await Promise.all([hash(password), hash(password)])
  assert.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(first.split('$')[4], second.split('$')[4])
  assert.notEqual(first.split('$')[5], second.split('$')[5])
})

test('req 9: the parameters of production are at least 19 MiB and 2 passes', () => {
  assert.ok(strongArgon2.memoryKib >= 19 * 1024)
  assert.ok(strongArgon2.passes >= 2)
})

test('req 9: a hash of other parameters matches and is outdated', async (t) => {
  const stored = await hasher(t).hash(password)
  assert.deepEqual(await hasher(t).verify(password, stored), { matches: true, outdated: false })
  for (const change of [{ memoryKib: 128 }, { passes: 2 }, { parallelism: 2 }]) {
    const raised = hasher(t, { ...lightArgon2, ...change })
    assert.deepEqual(await raised.verify(password, stored), { matches: true, outdated: true })
    assert.deepEqual(await raised.verify('wrong', stored), { matches: false, outdated: true })
  }
})

test('hashes from elsewhere match, with other lengths and lanes', async (t) => {
  for (const stored of [phc(password, 64, 3, 1), phc(password, 256, 1, 4)]) {
    assert.deepEqual(await hasher(t).verify(password, stored), { matches: true, outdated: true })
    assert.equal((await hasher(t).verify(`${password} `, stored)).matches, false)
  }
})

test('req 3: the password is checked as sent, byte for byte', async (t) => {
  const { hash, verify } = hasher(t)
  const long = 'aB3$'.repeat(25)
  const stored = await hash(long)
  const others = [
    long.slice(0, 72),
    `${long.slice(0, 99)}!`,
    `${long}\0`,
    `${long}\0tail`,
    ` ${long}`,
    `${long} `,
    long.toLowerCase(),
    '',
  ]
  for (const other of others) assert.equal((await verify(other, stored)).matches, false, JSON.stringify(other))
  assert.equal((await verify(long, stored)).matches, true)
  const composed = await hash('caf\u00e9-Password1')
  assert.equal((await verify('cafe\u0301-Password1', composed)).matches, false)
})

test('req 2: 256 characters of four bytes each count to the last', async (t) => {
  const { hash, verify } = hasher(t)
  const longest = '😀'.repeat(256)
  const stored = await hash(longest)
  assert.equal((await verify(longest, stored)).matches, true)
  assert.equal((await verify(`${'😀'.repeat(255)}😁`, stored)).matches, false)
})

test('half a surrogate pair is refused, known user or not', async (t) => {
  const { hash, verify } = hasher(t)
  const refused = { name: 'InvalidParameterException' }
  await assert.rejects(hash('Passw0rd!\ud800'), refused)
  await assert.rejects(verify('Passw0rd!\ud800', undefined), refused)
  await assert.rejects(verify('Passw0rd!\ud800', await hash('Passw0rd!\ufffd')), refused)
})

test('nobody matches, for any password', async (t) => {
  const { verify } = hasher(t)
  for (const given of ['', password]) {
    assert.deepEqual(await verify(given, undefined), { matches: false, outdated: false })
  }
})

test('a stored text that is no hash, or asks for absurd work, is an error and never a match', async (t) => {
  const { verify } = hasher(t)
  const [salt, tag] = ['c2FsdHNhbHRzYWx0c2E', 'dGFndGFndGFndGFndGFndA']
  const absurd = [
    '',
    password,
    `$argon2i$v=19$m=64,t=1,p=1$${salt}$${tag}`,
    `$argon2id$v=16$m=64,t=1,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=4194304,t=1,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=1048576,t=5,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=0,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=1,p=0$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=1,p=9$${salt}$${tag}`,
    `$argon2id$v=19$m=1024,t=1,p=17$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=1,p=1$${salt}$${tag.slice(0, 17)}`,
    `$argon2id$v=19$m=64,t=1,p=1$${salt}$`,
  ]
  for (const stored of absurd) {
    await assert.rejects(verify(password, stored), (error: Error) => {
      assert.ok(!(error instanceof ServiceError))
      assert.ok(!error.message.includes(password))
      assert.ok(!error.message.includes(tag))
      return true
    })
  }
})

test('past the queue a check is refused at once, the others are served in order', async (t) => {
  const small = makePasswordHasher({ parameters: lightArgon2, threads: 1, queueLimit: 2 })
  closing(t, () => small.close())
  const order: number[] = []
  // A thread is handed two jobs, and two wait.
  const jobs = [0, 1, 2, 3].map((index) => small.hash(password).then(() => order.push(index)))
  await Promise.resolve()
  assert.equal(small.waiting(), 2)
  const refused = { name: 'TooManyRequestsException', message: 'Too many requests' }
  await assert.rejects(small.hash(password), refused)
  await assert.rejects(small.verify(password, undefined), refused)
  await Promise.all(jobs)
  assert.deepEqual(order, [0, 1, 2, 3])
  assert.equal(small.waiting(), 0)
  assert.equal((await small.verify(password, await small.hash(password))).matches, true)
})

test('req 123: 200 checks of one source at once keep no other source from its own', async (t) => {
  const small = makePasswordHasher({ parameters: lightArgon2, threads: 1, queueLimit: 20 })
  closing(t, small.close)
  const stored = await small.hash(password)
  const checks = (source: string, number: number) =>
    Array.from({ length: number }, () => small.verify(password, stored, { source, signed: false }))
  const flood = Promise.allSettled(checks('192.0.2.1', 200))
  const honest = await Promise.all(checks('192.0.2.2', 9))
  assert.ok(honest.every(({ matches }) => matches))
  const refused = (await flood).filter((check) => check.status === 'rejected')
  assert.ok(refused.length >= 170, String(refused.length))
  for (const { reason } of refused) {
    assert.equal((reason as ServiceError).name, 'TooManyRequestsException')
    assert.equal((reason as ServiceError).limit, 'queue/password-checks')
  }
})

test('what crosses to a thread comes out as it went in', async (t) => {
  const { verify } = hasher(t)
  const odd = 'caf\u00e9 \u{1f600}\0'
  const stored = phc(odd, 64, 1, 1)
  assert.equal((await verify(odd, stored)).matches, true)
  for (const other of [odd.slice(0, -1), 'cafe \u{1f600}\0', `${odd}\0`])
    assert.equal((await verify(other, stored)).matches, false)
})

test('a job that fails gives its place back', async (t) => {
  for (const memoryKib of [1, 4096]) {
    const parameters = { memoryKib, passes: 1, parallelism: memoryKib }
    const impossible = makePasswordHasher({ parameters, threads: 1, queueLimit: 1 })
    closing(t, () => impossible.close())
    await assert.rejects(impossible.hash(password))
    await assert.rejects(impossible.hash(password), (error: Error) => error.name !== 'TooManyRequestsException')
    await assert.rejects(impossible.hash(password), (error: Error) => error.name !== 'TooManyRequestsException')
  }
})
