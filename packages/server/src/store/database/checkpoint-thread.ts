// The thread of checkpoints.ts: it copies the write-ahead log of a SQLite file into the file, as far as that blocks no
// reader or writer.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

if (parentPort) {
  const port = parentPort
  const connection = new DatabaseSync(String(workerData), { timeout: 0 })
  // A page of the log counts as copied only when it is on the disk.
  connection.exec('pragma synchronous = full')
  const checkpoint = connection.prepare('pragma wal_checkpoint(passive)')
  port.on('message', (asked: 'copy' | 'close') => {
    if (asked === 'copy') {
      checkpoint.all()
      port.postMessage('copied')
      return
    }
    connection.close()
    port.close()
  })
}
