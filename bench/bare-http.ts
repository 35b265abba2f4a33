// A bare node:http server that reads and answers a small JSON POST: the upper bound for any server of Node on this machine.
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'

const [, , port = '0', file = ':memory:'] = process.argv
const database = new DatabaseSync(file)
database.exec('pragma journal_mode = wal')
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
    const body = JSON.stringify({ status: 'ok', members: Object.keys(asked).length })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(body.length) })
    response.end(body)
  })
})
// Ends when its parent ends, even if that was killed: the pipe closes.
server.listen(Number(port), '127.0.0.1', () => process.stdin.resume().once('close', () => process.exit(0)))
process.on('SIGTERM', () => process.exit(0))
