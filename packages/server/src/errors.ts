// ServiceError and the closed table of exception names. A door answers a ServiceError with its name and message; any other
// error is a bug and is answered with InternalErrorException (protocol/authentication 1.4 to 1.9).

/** Every exception name that this service may answer with, and its HTTP status (protocol/authentication 1.7, 1.8). */
export const statusOf = {
  AccessDeniedException: 400,
  AliasExistsException: 400,
  CodeDeliveryFailureException: 400,
  CodeMismatchException: 400,
  ConcurrentModificationException: 400,
  DeviceKeyExistsException: 400,
  DuplicateProviderException: 400,
  EnableSoftwareTokenMFAException: 400,
  ExpiredCodeException: 400,
  ExpiredTokenException: 403,
  FeatureUnavailableInTierException: 400,
  ForbiddenException: 403,
  GroupExistsException: 400,
  IncompleteSignatureException: 400,
  InternalErrorException: 500,
  InternalServerException: 500,
  InvalidEmailRoleAccessPolicyException: 400,
  InvalidLambdaResponseException: 400,
  InvalidOAuthFlowException: 400,
  InvalidParameterException: 400,
  InvalidPasswordException: 400,
  InvalidSignatureException: 403,
  InvalidSmsRoleAccessPolicyException: 400,
  InvalidSmsRoleTrustRelationshipException: 400,
  InvalidUserPoolConfigurationException: 400,
  LimitExceededException: 400,
  MFAMethodNotFoundException: 400,
  ManagedLoginBrandingExistsException: 400,
  MissingAuthenticationTokenException: 403,
  NotAuthorizedException: 400,
  OperationNotEnabledException: 400,
  PasswordHistoryPolicyViolationException: 400,
  PasswordResetRequiredException: 400,
  PreconditionNotMetException: 400,
  RefreshTokenReuseException: 400,
  RequestEntityTooLargeException: 413,
  ResourceNotFoundException: 400,
  ScopeDoesNotExistException: 400,
  SerializationException: 400,
  ServiceQuotaExceededException: 400,
  SoftwareTokenMFANotFoundException: 400,
  TermsExistsException: 400,
  TierChangeNotAllowedException: 400,
  TooManyFailedAttemptsException: 400,
  TooManyRequestsException: 400,
  UnauthorizedException: 400,
  UnexpectedLambdaException: 400,
  UnknownOperationException: 400,
  UnrecognizedClientException: 403,
  UnsupportedIdentityProviderException: 400,
  UnsupportedOperationException: 400,
  UnsupportedTokenTypeException: 400,
  UnsupportedUserStateException: 400,
  UserImportInProgressException: 400,
  UserLambdaValidationException: 400,
  UserNotConfirmedException: 400,
  UserNotFoundException: 400,
  UserPoolAddOnNotEnabledException: 400,
  UserPoolTaggingException: 400,
  UsernameExistsException: 400,
  WebAuthnChallengeNotFoundException: 400,
  WebAuthnClientMismatchException: 400,
  WebAuthnConfigurationMissingException: 400,
  WebAuthnCredentialNotSupportedException: 400,
  WebAuthnNotEnabledException: 400,
  WebAuthnOriginNotAllowedException: 400,
  WebAuthnRelyingPartyMismatchException: 400,
} as const

/** The name of an exception that this service may answer with. */
export type ErrorName = keyof typeof statusOf

/**
 * A refusal, which the caller sees.
 *
 * `name` and `message` go over the wire word for word. `reason` is the true cause in plain words, for the log and
 * the terminal of the development server only; it never holds a secret, code, token or password. `limit` names the
 * limit that was reached, for log and metrics, such as `sign-in/source`.
 */
export class ServiceError extends Error {
  override readonly name: ErrorName
  readonly reason: string | undefined
  readonly limit: string | undefined

  constructor(name: ErrorName, message: string, reason?: string, limit?: string) {
    super(message)
    this.name = name
    this.reason = reason
    this.limit = limit
  }

  /** The HTTP status that goes with the name. */
  get status(): number {
    return statusOf[this.name]
  }
}

/** An InvalidParameterException. */
export const invalidParameter = (message: string, reason?: string): ServiceError =>
  new ServiceError('InvalidParameterException', message, reason)

/** A NotAuthorizedException. */
export const notAuthorized = (message: string, reason?: string): ServiceError =>
  new ServiceError('NotAuthorizedException', message, reason)

/** A ResourceNotFoundException. */
export const resourceNotFound = (message: string, reason?: string): ServiceError =>
  new ServiceError('ResourceNotFoundException', message, reason)

/** The refusal after a fault of the service; it gives the caller no detail. */
export const internalError = (): ServiceError =>
  new ServiceError('InternalErrorException', 'Something went wrong. Try again.')

/** An error that the person who started the program can correct; its message is one sentence. */
export class ConfigError extends Error {}

/**
 * The refusal of a request by a limit on concurrent requests, or on requests in a minute.
 *
 * @param limit - the name of the limit, for log and metrics
 */
export const tooManyRequests = (limit: string, reason: string): ServiceError =>
  new ServiceError('TooManyRequestsException', 'Too many requests', reason, limit)
