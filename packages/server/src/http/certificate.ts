// The certificate of TLS in files: read and checked, and read anew when a file changes.
import { readFile } from 'node:fs/promises'
import { unwatchFile, watchFile } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** Where a certificate lies, with the certificates that lead to its root, and its private key; both in PEM. */
export type CertificateFiles = { readonly certFile: string; readonly keyFile: string }

/** A certificate and its private key. */
export type Certificate = { readonly cert: string; readonly key: string }

/** Told what came of a change. */
export type CertificateNews = {
  readonly changed: (certificate: Certificate) => void
  /** What there is cannot be used; the last certificate that could stays in use. */
  readonly failed: (error: unknown) => void
}

/** A certificate that is watched. */
export type WatchedCertificate = {
  /** Reads the files now, as when they change. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

const lookMilliseconds = 2000

/**
 * Reads a certificate and its key.
 *
 * @throws Error when a file cannot be read, is not PEM, or the key is not that of the certificate
 */
export const readCertificate = async ({ certFile, keyFile }: CertificateFiles): Promise<Certificate> => {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
  createSecureContext({ cert, key })
  return { cert, key }
}

/**
 * Looks every two seconds whether a file changed, by its time and through links: that finds a file that was replaced as
 * well as a folder that a link points to anew.
 */
export const watchCertificate = (files: CertificateFiles, { changed, failed }: CertificateNews): WatchedCertificate => {
  // One after the other, so that the news that come last are of what is there last.
  let reading = Promise.resolve()
  const reload = (): Promise<void> => (reading = reading.then(() => readCertificate(files).then(changed, failed)))
  const listener = (): void => void reload()
  const paths = [files.certFile, files.keyFile]
  for (const path of paths) watchFile(path, { interval: lookMilliseconds, persistent: false }, listener)
  return {
    reload,
    close: () => {
      for (const path of paths) unwatchFile(path, listener)
    },
  }
}
