import assert from 'node:assert/strict'
import { test } from 'node:test'
import manifest from '../../package.json' with { type: 'json' }
import { neededNode, nodeFault } from './node-version.ts'

test('a Node that is too old is told which one is needed; the package says the same', () => {
  assert.equal(manifest.engines.node, `>=${neededNode}`)
  for (const version of ['24.0.0', '24.11.1', '26.10.0', '100.0.0', process.versions.node])
    assert.equal(nodeFault(version, '/usr/bin/node'), undefined)
  for (const version of ['20.20.2', '22.22.0', '23.11.1', '8.0.0'])
    assert.equal(
      nodeFault(version, '/usr/bin/node'),
      `needs Node 24 or later, and /usr/bin/node is Node ${version}. Install a newer one, or start poolkeeper by one that is.`,
    )
})
