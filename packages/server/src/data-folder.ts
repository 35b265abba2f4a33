// The data folder of a server, created on first use.
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/**
 * Creates a folder and its missing parents, readable by the owner only. Git ignores it, because it holds keys and data.
 * (The recursive mkdir of Node never returns below a folder such as /proc, which accepts no folders.)
 *
 * @throws the system's error when the folder cannot be created, or a file has its name
 */
export const makeDataFolder = (path: string): void => {
  if (isFolder(path)) return
  makeFolder(path)
  writeFileSync(join(path, '.gitignore'), '*\n')
}

const makeFolder = (path: string): void => {
  const above = dirname(path)
  if (above !== path && statSync(above, { throwIfNoEntry: false }) === undefined) makeFolder(above)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another program may have created it at the same time.
    if (!isFolder(path)) throw error
  }
}
