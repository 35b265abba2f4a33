// A recovery code in place of the second factor that a sign-in waits for, as the sign-in takes answers.
import type { AppClient } from '../../flows/callers/app-client.ts'
import type { Answer } from '../../flows/sign-in/index.ts'
import { recoveryCodeChallenge } from '../../flows/sign-in/recovery-code.ts'
import type { Inputs } from '../../wire/model.gen.ts'

/** The answer that a request gives. */
export const recoveryAnswer = (
  { pool, client }: AppClient,
  input: Inputs['RespondWithRecoveryCode'],
  admin: boolean,
): Answer => ({
  pool,
  client,
  admin,
  challenge: recoveryCodeChallenge,
  session: input.Session,
  answers: {
    USERNAME: input.Username,
    RECOVERY_CODE: input.RecoveryCode,
    ...(input.SecretHash === undefined ? {} : { SECRET_HASH: input.SecretHash }),
  },
  clientMetadata: input.ClientMetadata ?? {},
})
