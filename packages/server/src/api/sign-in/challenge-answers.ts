// The wire words of a sign-in. Turns AuthFlow and AuthParameters, ChallengeName and ChallengeResponses into plain starts and
// answers, and names a refused value as the request did. outcome.ts does the reverse (protocol/authentication 3.3, 3.4).
import { invalidParameter, ServiceError } from '../../errors.ts'
import type { Destination } from '../../flows/messages/delivery-details.ts'
import { invalidSession } from '../../flows/sessions/session-token.ts'
import { FieldFault, type Field } from '../../flows/sign-in/field-fault.ts'
import type { ChallengeAnswer, FlowName, SignInStart } from '../../flows/sign-in/values.ts'
import { firstFactorNames, keyNamed, secondFactorNames } from './factor-names.ts'

/** AuthParameters or ChallengeResponses. */
export type SentParameters = Readonly<Record<string, string>>

// An empty parameter counts as absent.
const requireParameter = (parameters: SentParameters, name: string): string => {
  const value = parameters[name]
  if (!value) throw invalidParameter(`Missing required parameter ${name}`)
  return value
}

/** The refusal of a flow or challenge that this version does not know. */
export const notAvailable = (name: string): ServiceError =>
  new ServiceError('UnsupportedOperationException', `${name} is not available in this version of Poolkeeper.`)

/** The flow that AuthFlow names; undefined for one that this version does not know. */
export const flowNamed = (name: string): FlowName | 'refresh' | undefined =>
  Object.hasOwn(flows, name) ? flows[name] : undefined

const flows: Readonly<Record<string, FlowName | 'refresh'>> = {
  USER_PASSWORD_AUTH: 'password',
  ADMIN_USER_PASSWORD_AUTH: 'admin-password',
  ADMIN_NO_SRP_AUTH: 'admin-password',
  USER_SRP_AUTH: 'srp',
  USER_AUTH: 'choice',
  CUSTOM_AUTH: 'custom',
  REFRESH_TOKEN_AUTH: 'refresh',
  REFRESH_TOKEN: 'refresh',
}

/** The parameters that every request may have. */
export const readCommon = ({
  DEVICE_KEY,
  SECRET_HASH,
}: SentParameters): { readonly deviceKey: string | undefined; readonly secretHash: string | undefined } => ({
  deviceKey: DEVICE_KEY,
  secretHash: SECRET_HASH,
})

/** The user name of an answer. @throws ServiceError InvalidParameterException when it is missing */
export const readName = (sent: SentParameters): string => requireParameter(sent, 'USERNAME')

/** The token of a refresh. @throws ServiceError InvalidParameterException when it is missing */
export const readRefreshToken = (sent: SentParameters): string => requireParameter(sent, 'REFRESH_TOKEN')

/**
 * Reads the start of a sign-in.
 *
 * @param session - Session, which a sign-in by choice may bring
 */
export const readStart = (flow: FlowName, sent: SentParameters, session: string | undefined): SignInStart => {
  const { USERNAME: name = '', PASSWORD: password = '', SRP_A: publicValue = '' } = sent
  switch (flow) {
    case 'password':
    case 'admin-password':
      return { flow, name, password }
    case 'srp':
      return { flow, name, publicValue }
    case 'custom':
      return { flow, name, opensWith: openingIn(sent), publicValue }
    default:
      return { flow, name, session, password, publicValue, ...choiceIn(sent) }
  }
}

const openingIn = ({ CHALLENGE_NAME }: SentParameters): SignInStart<'custom'>['opensWith'] => {
  if (!CHALLENGE_NAME) return 'challenge'
  return CHALLENGE_NAME === 'SRP_A' ? 'srp' : 'unknown'
}

const choiceIn = ({
  PREFERRED_CHALLENGE: preferred,
  TARGET_ACR_VALUES: target = '',
  ACCESS_TOKEN: accessToken = '',
  MAX_AGE: maxAge = '',
}: SentParameters): Pick<SignInStart<'choice'>, 'preferred' | 'target' | 'accessToken' | 'maxAge'> => ({
  preferred: preferred ? (keyNamed(firstFactorNames, preferred) ?? 'unknown') : undefined,
  target,
  accessToken,
  maxAge,
})

/**
 * Reads the answer to a challenge.
 *
 * @param challenge - ChallengeName
 * @throws ServiceError UnsupportedOperationException for an unknown name
 */
export const readAnswer = (challenge: string, sent: SentParameters): ChallengeAnswer => {
  const read = Object.hasOwn(answers, challenge) ? answers[challenge] : undefined
  if (read) return read(sent)
  throw notAvailable(challenge)
}

const claimIn = ({ PASSWORD_CLAIM_SIGNATURE = '', TIMESTAMP = '' }: SentParameters) => ({
  signature: PASSWORD_CLAIM_SIGNATURE,
  time: TIMESTAMP,
})

const answers: Readonly<Record<string, (sent: SentParameters) => ChallengeAnswer>> = {
  ADMIN_NO_SRP_AUTH: ({ PASSWORD = '' }) => ({ challenge: 'custom-password', password: PASSWORD }),
  CUSTOM_CHALLENGE: ({ ANSWER = '' }) => ({ challenge: 'custom', answer: ANSWER }),
  DEVICE_PASSWORD_VERIFIER: (sent) => ({
    challenge: 'device-proof',
    deviceKey: sent['DEVICE_KEY'] ?? '',
    ...claimIn(sent),
  }),
  DEVICE_SRP_AUTH: ({ DEVICE_KEY = '', SRP_A = '' }) => ({
    challenge: 'device',
    deviceKey: DEVICE_KEY,
    publicValue: SRP_A,
  }),
  EMAIL_OTP: ({ EMAIL_OTP_CODE, EMAIL_MFA_CODE = '' }) => ({
    challenge: 'email-code',
    code: EMAIL_OTP_CODE || EMAIL_MFA_CODE,
  }),
  MFA_SETUP: (sent) => ({ challenge: 'mfa-setup', address: addressIn(sent) }),
  NEW_PASSWORD_REQUIRED: (sent) => ({
    challenge: 'new-password',
    password: sent['NEW_PASSWORD'] ?? '',
    attributes: attributesIn(sent),
  }),
  PASSWORD: ({ PASSWORD = '' }) => ({ challenge: 'choice', factor: 'password', password: PASSWORD, publicValue: '' }),
  PASSWORD_SRP: ({ SRP_A = '' }) => ({
    challenge: 'choice',
    factor: 'password-srp',
    password: '',
    publicValue: SRP_A,
  }),
  PASSWORD_VERIFIER: (sent) => ({ challenge: 'password-proof', ...claimIn(sent) }),
  SELECT_CHALLENGE: ({ ANSWER = '', PASSWORD = '', SRP_A = '' }) => ({
    challenge: 'choice',
    factor: keyNamed(firstFactorNames, ANSWER),
    password: PASSWORD,
    publicValue: SRP_A,
  }),
  // The SDK's comments use another name for e-mail than the lists (protocol/authentication 3.4).
  SELECT_MFA_TYPE: ({ ANSWER = '' }) => ({
    challenge: 'select-factor',
    factor: ANSWER === 'EMAIL_MFA' ? 'email' : keyNamed(secondFactorNames, ANSWER),
  }),
  SMS_MFA: ({ SMS_MFA_CODE = '' }) => ({ challenge: 'sms-code', code: SMS_MFA_CODE }),
  SMS_OTP: ({ SMS_OTP_CODE = '' }) => ({ challenge: 'sms-sign-in-code', code: SMS_OTP_CODE }),
  SOFTWARE_TOKEN_MFA: ({ SOFTWARE_TOKEN_MFA_CODE = '' }) => ({
    challenge: 'software-token',
    code: SOFTWARE_TOKEN_MFA_CODE,
  }),
  WEB_AUTHN: ({ CREDENTIAL = '' }) => ({ challenge: 'passkey', credential: CREDENTIAL }),
}

// Clients write the name of the address in any case (protocol/authentication 3.4).
const addressIn = (sent: SentParameters): Destination | undefined => {
  for (const [name, address] of Object.entries(sent)) {
    const attribute = name.toLowerCase()
    if ((attribute === 'email' || attribute === 'phone_number') && address) return { attribute, address }
  }
  return undefined
}

/** The prefix of attribute names. */
export const attributePrefix = 'userAttributes.'

const attributesIn = (sent: SentParameters): Record<string, string> =>
  Object.fromEntries(
    Object.entries(sent)
      .filter(([name, value]) => name.startsWith(attributePrefix) && value !== '')
      .map(([name, value]) => [name.slice(attributePrefix.length), value]),
  )

/**
 * Reads the Session of an answer. SRP answers carry it as their secret block, in either alphabet of Base64, and need no
 * other. If an answer has both, they must be the same (protocol/authentication 3.6.6, 4.5).
 *
 * @throws ServiceError InvalidParameterException without a session; NotAuthorizedException for two different ones
 */
export const readSession = (challenge: string, session: string | undefined, sent: SentParameters): string => {
  const token = isProof(challenge) ? sessionOfBlock(requireParameter(sent, 'PASSWORD_CLAIM_SECRET_BLOCK')) : session
  if (!token) throw invalidParameter('Missing required parameter Session')
  if (session !== undefined && session !== token) throw invalidSession('Session and SECRET_BLOCK are of two exchanges')
  return token
}

const isProof = (challenge: string): boolean =>
  challenge === 'PASSWORD_VERIFIER' || challenge === 'DEVICE_PASSWORD_VERIFIER'

const sessionOfBlock = (secretBlock: string): string => Buffer.from(secretBlock, 'base64').toString('utf8')

/** The secret block of an SRP exchange, made from a Session. */
export const secretBlockOf = (session: string): string => Buffer.from(session, 'utf8').toString('base64')

const codesByMessage: readonly (string | undefined)[] = ['EMAIL_OTP', 'SMS_OTP', 'SMS_MFA', 'EMAIL_MFA']

/** Whether the start of a sign-in asks for a code by message. */
export const prefersMessage = (sent: SentParameters = {}): boolean =>
  codesByMessage.includes(sent['PREFERRED_CHALLENGE'])

/** Whether the answer to a challenge asks for a code by message. */
export const choosesMessage = (sent: SentParameters = {}): boolean => codesByMessage.includes(sent['ANSWER'])

/** The parts of a request that refusals name. */
export type Sent = {
  /** ChallengeName; undefined at the start. */
  readonly challenge?: string
  readonly parameters: SentParameters
}

/** Runs the work of a sign-in. A refusal of a value uses the name that the request gave it. */
export const inWireWords = async <Result>(sent: Sent, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof FieldFault ? invalidParameter(wordsFor(error, sent), error.reason) : error
  }
}

const wordsFor = ({ field, fault }: FieldFault, sent: Sent): string => {
  const name = nameOf(field, sent)
  switch (fault) {
    case 'missing':
      return `Missing required parameter ${name}`
    case 'too-long':
      return "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have length less than or equal to 128"
    case 'no-json':
      return 'CREDENTIAL is not valid JSON.'
    case 'unavailable':
      return unavailable(field, sent)
    default:
      return field === 'factor' ? noFactor(name, sent) : (malformed[field] ?? `${name} is not valid.`)
  }
}

const malformed: Readonly<Partial<Record<Field, string>>> = {
  'public-value': 'SRP_A is not a valid public value.',
  time: 'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.',
  credential: 'CREDENTIAL is not a valid authentication response.',
  opening: 'CHALLENGE_NAME can be SRP_A only.',
  target: 'None of the requested TARGET_ACR_VALUES is valid.',
  'max-age': 'MAX_AGE must be a whole number of seconds.',
}

// The refusal does not repeat the value: it may be a code that was sent to the wrong challenge.
const noFactor = (name: string, { challenge, parameters }: Sent): string => {
  if (!parameters[name]) return `Missing required parameter ${name}`
  return `${name} names no ${challenge === 'SELECT_MFA_TYPE' ? 'second' : 'first'} factor.`
}

const unavailable = (field: Field, { challenge = '', parameters }: Sent): string => {
  if (field === 'access-token') return 'ACCESS_TOKEN needs TARGET_ACR_VALUES.'
  if (field === 'address') {
    const { attribute } = addressIn(parameters) ?? {}
    const factor = attribute === 'phone_number' ? secondFactorNames.sms : secondFactorNames.email
    return `${factor} cannot be set up in this user pool.`
  }
  const chosen = challenge.startsWith('SELECT_') ? parameters['ANSWER'] : challenge
  return `${chosen} is not available to the user.`
}

const nameOf = (field: Field, { challenge }: Sent): string => {
  if (field === 'code') return `${challenge}_CODE`
  if (field === 'factor' && challenge === undefined) return 'PREFERRED_CHALLENGE'
  return names[field]
}

const names: Readonly<Record<Exclude<Field, 'code'>, string>> = {
  name: 'USERNAME',
  password: 'PASSWORD',
  'public-value': 'SRP_A',
  signature: 'PASSWORD_CLAIM_SIGNATURE',
  time: 'TIMESTAMP',
  'device-key': 'DEVICE_KEY',
  factor: 'ANSWER',
  address: 'EMAIL',
  'new-password': 'NEW_PASSWORD',
  credential: 'CREDENTIAL',
  answer: 'ANSWER',
  opening: 'CHALLENGE_NAME',
  target: 'TARGET_ACR_VALUES',
  'access-token': 'ACCESS_TOKEN',
  'max-age': 'MAX_AGE',
}
