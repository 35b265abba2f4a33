// Names a device in a few words, from its User-Agent header (protocol/authentication 7.4.3).

/** The name of a device that cannot be recognised. */
const unknown = 'unknown'

/**
 * Names browser and system, such as `Chrome 125 / macOS 15`.
 *
 * @returns 'unknown' for a header that names no browser
 */
export const deviceTypeOf = async (userAgent: string | undefined): Promise<string> => {
  if (!userAgent) return unknown
  const { default: Bowser } = await import('bowser')
  const { browser, os } = Bowser.parse(userAgent)
  return (
    [named(browser), named(os)]
      .filter((part) => part !== undefined)
      .join(' / ')
      .slice(0, 1024) || unknown
  )
}

const named = ({ name, version }: { readonly name?: string; readonly version?: string }): string | undefined =>
  name && [name, version?.split('.')[0]].filter(Boolean).join(' ')
