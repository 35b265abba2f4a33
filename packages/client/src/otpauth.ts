// The otpauth URI that authenticator apps read from a QR code (protocol/authentication 5.1.12).

/** The URI for a secret in Base32, shown in the app under `issuer` and `account`. The URI is a secret too. */
export const otpauthUri = ({
  issuer,
  account,
  secret,
}: {
  readonly issuer: string
  readonly account: string
  readonly secret: string
}): string => {
  const name = encodeURIComponent(issuer)
  return `otpauth://totp/${name}:${encodeURIComponent(account)}?secret=${secret}&issuer=${name}`
}
