// A bare node:http server that answers a small JSON POST: the bound of what any server here can do.
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'

const [, , port = '0', file = ':memory:'] = process.argv
const database = new DatabaseSync(file)
database.exec('pragma journal_mode = wal')
const server = createServer((request, response) => {
  request.on('data', () => {})
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '15' })
    response.end('{"status":"ok"}')
  })
})
server.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
