// The version of Node that the program needs: an older one would fail with a stack trace about a missing module.

/** The first major version with all modules; `engines` of the package says the same. */
export const neededNode = 24

/**
 * Checks whether a Node can run the program.
 *
 * @param version - the version of Node, such as 20.20.2
 * @param path - the path of its executable
 * @returns a sentence that says why not; undefined if it can
 */
export const nodeFault = (version: string, path: string): string | undefined =>
  Number.parseInt(version, 10) >= neededNode
    ? undefined
    : `needs Node ${neededNode} or later, and ${path} is Node ${version}. Install a newer one, or start poolkeeper by one that is.`
