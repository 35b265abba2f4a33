// Temporary folders: what a test leaves behind goes when its process has ended.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closing } from './closing.ts'

// $1 is a folder. Standard input is a pipe that ends with its writer, in whatever way.
const keeper = 'cat >/dev/null; rm -rf "$1"'

let keptFolder: string | undefined

/** The folder of all temporary folders of this process; a shell removes it when the process has ended. */
const keptUntilTheEnd = (): string => {
  if (keptFolder !== undefined) return keptFolder
  keptFolder = mkdtempSync(join(tmpdir(), 'poolkeeper-test-'))
  const child = spawn('sh', ['-c', keeper, 'sh', keptFolder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  if (child.stdin instanceof Socket) child.stdin.unref()
  return keptFolder
}

/** A folder that `remove` takes away, and the end of this process at the latest. */
export const temporaryFolder = (): { path: string; remove: () => void } => {
  const path = mkdtempSync(join(keptUntilTheEnd(), 'folder-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }) }
}

/** A folder, removed after the test. @returns its path */
export const folderOf = (t: Parameters<typeof closing>[0]): string => {
  const { path, remove } = temporaryFolder()
  closing(t, remove)
  return path
}

/** A file that holds this, removed after the test. @returns its path */
export const fileOf = (t: Parameters<typeof closing>[0], content: string | Uint8Array): string => {
  const file = join(folderOf(t), 'file')
  writeFileSync(file, content)
  return file
}
