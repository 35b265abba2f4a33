// The room of messages to users. The commit that causes a message also puts it into the outbox. The texts come from the
// pool, and CustomMessage may change them (protocol/administration 5, 14.3, 14.4; requirements 108, 111).
//
//   messages.ts          words each kind of message, and puts it into the outbox
//   codes.ts             makes, checks and spends the codes in messages
//   delivery-details.ts  the destination of a code, and its masked form for callers
//   mail-head.ts         the sender and reply address of mail
//   notices.ts           mail about changes of a user's credentials and addresses
import type { Context, RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { checkCustomText, type Mark } from '../../rules/message-texts.ts'
import { messages, renderMessage } from '../../rules/pool-settings.ts'
import type { Client, Pool, User, Write } from '../../store/index.ts'
import type { Destination } from './delivery-details.ts'
import { mailHead } from './mail-head.ts'
import { eventAttributes } from '../triggers/event-attributes.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** The reason for a code: the last part of the trigger source CustomMessage_…. */
export type CodeOccasion =
  | 'SignUp'
  | 'ResendCode'
  | 'ForgotPassword'
  | 'UpdateUserAttribute'
  | 'VerifyUserAttribute'
  | 'Authentication'

/** The recipient and the context of a message, without its text. */
type Envelope = {
  readonly pool: Pool
  readonly client: Client | undefined
  readonly user: User
  readonly destination: Destination
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** A code that is to be sent. */
export type CodeMessage = Envelope & {
  readonly occasion: CodeOccasion
  readonly code: string
  readonly lifetimeSeconds: number
}

type Template = { readonly subject: string; readonly body: string }

/** Words a code and puts it into the outbox. */
export const sendCode = async (context: RequestContext, codeMessage: CodeMessage): Promise<Write> => {
  const email = codeMessage.destination.attribute === 'email'
  const standard = codeTemplate(codeMessage.pool, codeMessage.occasion, email)
  const template = await customised(context, codeMessage, {
    source: codeMessage.occasion,
    template: standard,
    marks: ['{####}'],
  })
  return enqueue(
    context,
    codeMessage,
    worded(template, codeMessage, { code: codeMessage.code }),
    codeMessage.lifetimeSeconds,
  )
}

const authenticationTemplate = ({ settings }: Pool, email: boolean): Template => ({
  subject: settings.emailMfaConfiguration?.subject ?? messages.authenticationSubject,
  body:
    (email
      ? settings.emailMfaConfiguration?.message
      : (settings.smsMfaConfiguration?.smsAuthenticationMessage ?? settings.smsAuthenticationMessage)) ??
    messages.authenticationBody,
})

const codeTemplate = (pool: Pool, occasion: CodeOccasion, email: boolean): Template => {
  if (occasion === 'Authentication') return authenticationTemplate(pool, email)
  const set = pool.settings.verificationMessageTemplate
  const subject = occasion === 'ForgotPassword' ? messages.recoverySubject : messages.verificationSubject
  return {
    subject: set.emailSubject ?? subject,
    body: (email ? set.emailMessage : set.smsMessage) ?? messages.verificationBody,
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

// A pool's custom sender replaces the service. It is not called by this version, so the message is refused rather than
// sent another way.
const refuseSender = ({ settings: { lambdaConfig } }: Pool, email: boolean): void => {
  if (!(email ? lambdaConfig.customEmailSender : lambdaConfig.customSMSSender)) return
  const name = email ? 'CustomEmailSender' : 'CustomSMSSender'
  throw new ServiceError(
    'UnexpectedLambdaException',
    `${name} invocation failed due to error custom senders are not called by this version of Poolkeeper.`,
  )
}

type Wording = {
  readonly source: CodeOccasion | 'AdminCreateUser'
  readonly template: Template
  /** The placeholders that a text of the function must contain. */
  readonly marks: readonly Mark[]
}

const customised = async (
  { triggers }: RequestContext,
  { pool, client, user, destination, clientMetadata }: Envelope,
  { source, template, marks }: Wording,
): Promise<Template> => {
  refuseSender(pool, destination.attribute === 'email')
  const invitation = source === 'AdminCreateUser'
  const answer = await triggers.call('CustomMessage', {
    pool,
    clientId: client?.id,
    username: user.username,
    source,
    request: {
      userAttributes: eventAttributes(pool, user),
      codeParameter: '{####}',
      linkParameter: invitation ? null : '{##Click Here##}',
      usernameParameter: invitation ? '{username}' : null,
      clientMetadata,
    },
    response: { smsMessage: null, emailMessage: null, emailSubject: null },
  })
  const email = destination.attribute === 'email'
  const subject = textOf(answer?.['emailSubject'])
  const body = textOf(answer?.[email ? 'emailMessage' : 'smsMessage'])
  checkCustomText(email ? 'email' : 'sms', { subject, body }, marks)
  return { subject: subject ?? template.subject, body: body ?? template.body }
}

const hasTags = (text: string): boolean => /<[a-z!/][^>]*>/i.test(text)

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')

/** A message with all values filled in; only the template decides whether it is HTML. */
type Worded = Template & { readonly html: boolean }

// In an HTML body values are escaped, so that neither a user name nor a password can add tags (requirement 111).
const worded = (
  { subject, body }: Template,
  { destination }: Pick<Envelope, 'destination'>,
  values: { readonly code: string; readonly username?: string },
): Worded => {
  const html = destination.attribute === 'email' && hasTags(body)
  const shown = html
    ? Object.fromEntries(Object.entries(values).map(([name, value]) => [name, escaped(value)]))
    : values
  const oneLine = subject.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  return { subject: oneLine, body: renderMessage(body, { ...values, ...shown }), html }
}

const enqueue = (
  context: Context,
  { pool, user, destination }: Pick<Envelope, 'pool' | 'user' | 'destination'>,
  message: Worded,
  lifetimeSeconds: number,
): Write => {
  const { store, random, clock, keys } = context
  const place = { id: random.uuid(), poolId: user.poolId, userId: user.id }
  const content = destination.attribute === 'email' ? { ...message, ...mailHead(context, pool) } : message
  return store.outbox.add({
    ...place,
    channel: destination.attribute === 'email' ? 'email' : 'sms',
    recipient: destination.address,
    content: keys.seal.sealRow(JSON.stringify(content), sealedPlaces.message(place)),
    createdAt: clock.now(),
    expiresAt: clock.now() + lifetimeSeconds * 1000,
  })
}

/** The seconds after which an unsent invitation is dropped. */
const invitationSeconds = 86_400

/** Words an invitation with its temporary password, if there is one, and puts it into the outbox. */
export const sendInvitation = async (
  context: RequestContext,
  invitation: Omit<Envelope, 'client'> & { readonly username: string; readonly password: string | undefined },
): Promise<Write> => {
  const envelope = { ...invitation, client: undefined }
  const email = invitation.destination.attribute === 'email'
  const template = await customised(context, envelope, {
    source: 'AdminCreateUser',
    template: invitationTemplate(invitation.pool, email),
    marks: invitation.password === undefined ? ['{username}'] : ['{####}', '{username}'],
  })
  // A text that mentions a password does not fit a user without one.
  const speaksOfPassword = template.body.includes('{####}')
  const fitting =
    invitation.password === undefined && speaksOfPassword
      ? { subject: messages.passwordlessSubject, body: messages.passwordlessBody }
      : template
  const message = worded(fitting, envelope, { code: invitation.password ?? '', username: invitation.username })
  return enqueue(context, envelope, message, invitationSeconds)
}

const invitationTemplate = ({ settings }: Pool, email: boolean): Template => {
  const set = settings.adminCreateUserConfig.inviteMessageTemplate ?? {}
  return {
    subject: set.emailSubject ?? messages.invitationSubject,
    body: (email ? set.emailMessage : set.smsMessage) ?? messages.invitationBody,
  }
}

/** The seconds after which an unsent notice is dropped. */
const noticeSeconds = 259_200

/** Puts a notice without a code into the outbox. CustomMessage is not called: it has no trigger source for notices. */
export const sendNotice = (
  context: Context,
  notice: Template & { readonly pool: Pool; readonly user: User; readonly address: string },
): Write => {
  refuseSender(notice.pool, true)
  const destination = { attribute: 'email', address: notice.address } as const
  const message = worded(notice, { destination }, { code: '', username: notice.user.username })
  return enqueue(context, { pool: notice.pool, user: notice.user, destination }, message, noticeSeconds)
}
