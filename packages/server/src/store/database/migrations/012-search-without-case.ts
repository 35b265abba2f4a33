// Search rows hold their values without regard to case, in every pool. Those of case-sensitive pools were stored as they
// were given.
import { foldSearch } from '../../../rules/search-fold.ts'
import { cutText } from '../../../rules/text.ts'
import type { Database, Statement, Value, Write } from '../index.ts'

const columns = ['pool_id', 'attribute', 'value', 'user_id'] as const

type Row = Readonly<Record<(typeof columns)[number], string>>

/** Rows that are looked at in one step. */
const stepRows = 1000

/** Characters that a row keeps of a value. */
const searchLength = 256

const folded = (row: Row): Row => ({ ...row, value: cutText(foldSearch(row.value), searchLength) })

const statements = (
  database: Database,
): Readonly<Record<'page' | 'insert' | 'delete', (row: Row, ...more: Value[]) => Statement>> => {
  const place = (index: number): string => (database.dialect === 'sqlite' ? '?' : `$${index}`)
  const places = columns.map((_, index) => place(index + 1)).join(', ')
  const names = columns.join(', ')
  const statement =
    (sql: string) =>
    (row: Row, ...more: Value[]): Statement => ({ sql, parameters: [...columns.map((name) => row[name]), ...more] })
  return {
    page: statement(
      `select ${names} from search where (${names}) > (${places}) order by ${names} limit ${place(columns.length + 1)}`,
    ),
    insert: statement(`insert into search (${names}) values (${places}) on conflict do nothing`),
    delete: statement(`delete from search where (${names}) = (${places})`),
  }
}

/**
 * Folds the rows step by step, each step whole by itself: one that was interrupted goes on, and two at once do the same.
 *
 * @param lives - told between the steps
 */
export const foldSearchRows = async (database: Database, lives: () => Promise<void>): Promise<void> => {
  const sql = statements(database)
  const always = (statement: Statement): Write => ({ statement, rows: 'any', otherwise: () => new Error('not folded') })
  let last: Row = { pool_id: '', attribute: '', value: '', user_id: '' }
  for (;;) {
    const rows = (await database.read(sql.page(last, stepRows))) as Row[]
    const changed = rows.filter((row) => folded(row).value !== row.value)
    const writes = changed.flatMap((row) => [always(sql.insert(folded(row))), always(sql.delete(row))])
    if (writes.length > 0) await database.commit(writes)
    const end = rows.at(-1)
    if (!end) return
    last = end
    await lives()
  }
}
