// The TLS certificate: reads and checks its files, and reads them again when one changes.
import { readFile } from 'node:fs/promises'
import { unwatchFile, watchFile } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** The file of a certificate chain and the file of its private key, both in PEM. */
export type CertificateFiles = { readonly certFile: string; readonly keyFile: string }

/** A certificate and its private key. */
export type Certificate = { readonly cert: string; readonly key: string }

/** Gets the result of each change. */
export type CertificateNews = {
  readonly changed: (certificate: Certificate) => void
  /** The files hold no usable certificate; the last usable one stays in use. */
  readonly failed: (error: unknown) => void
}

/** A certificate that is watched. */
export type WatchedCertificate = {
  /** Reads the files now, as after a change. */
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
 * Checks every two seconds whether a file has changed. It compares modification times and follows links, so that it
 * notices a replaced file as well as a link that points to another folder.
 */
export const watchCertificate = (files: CertificateFiles, { changed, failed }: CertificateNews): WatchedCertificate => {
  // One reading at a time: the last news then describe the last state of the files.
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
