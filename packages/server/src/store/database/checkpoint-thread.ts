// What runs in the thread of checkpoints.ts: copies the write-ahead log of a SQLite file into the file, as far as nobody
// has to wait for it.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

if (parentPort) {
  const port = parentPort
  const connection = new DatabaseSync(String(workerData), { timeout: 0 })
  // Nothing of the log is taken as copied before the disk has it.
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
