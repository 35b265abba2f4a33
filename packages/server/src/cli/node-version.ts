// Which Node the program needs: an older one lacks modules that it imports, and says so with a trace.

/** The first major version that has all; `engines` of the package says the same. */
export const neededNode = 24

/**
 * What keeps a Node from running the program.
 *
 * @param version - its version, such as 20.20.2
 * @param path - where it is
 * @returns a sentence, or undefined when it can
 */
export const nodeFault = (version: string, path: string): string | undefined =>
  Number.parseInt(version, 10) >= neededNode
    ? undefined
    : `needs Node ${neededNode} or later, and ${path} is Node ${version}. Install a newer one, or start poolkeeper by one that is.`
