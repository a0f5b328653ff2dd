import { fileJournal } from '../../src/journal/file.ts'
import { diskStore } from '../../src/store/table-store.ts'

// A process of its own that appends `count` lines to the journal in `folder`, and says so after each.
const [folder = '', name = '', count = '0'] = process.argv.slice(2)
const store = diskStore(`${folder}/state`, { durable: false })
const journal = fileJournal(folder, store)
for (let number = 1; number <= Number(count); number++) {
  const { seq } = await journal.append({
    event: 'done',
    call: `${name}-${number}`,
    tool: 'test',
    caller: name,
  })
  process.stdout.write(`${seq}\n`)
}
await store.close()
