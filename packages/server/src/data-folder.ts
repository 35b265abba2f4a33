// The folder of a server's data, made on first use.
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/**
 * Makes a folder, and those above it that are missing, for its owner alone. Git ignores it: it holds keys and data.
 * (Node's own way of making those above never ends where a folder takes none, such as /proc.)
 *
 * @throws the system's error when it cannot be made, or is no folder
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
    // Of two programs that start at once one makes it.
    if (!isFolder(path)) throw error
  }
}
