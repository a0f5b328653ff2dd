import { existsSync, statSync } from 'node:fs'
import { open as openFile, rename } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { InvalidInput } from '../errors.ts'
import type { Segment, Shelf } from '../journal/backend.ts'
import { flushFolder, rawLines } from '../journal/file.ts'
import type { Journal } from '../journal/journal.ts'
import { chained } from '../journal/segments.ts'
import { plainText } from '../text/text.ts'
import { withProgress } from './progress.ts'
import { newCommand, print } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

/** Closes segments of the journal, and moves those in Redis to files and back. */
export function addSegmentCommands(journal: Command, io: Io, open: OpenData): void {
  const add = (name: string, description: string) => {
    const command = newCommand(io, name, description)
    journal.addCommand(command)
    return command
  }
  add('rotate', 'Close the journal so far as a segment, which can be kept elsewhere').action(
    (_: object, command: Command) => rotate(io, open, command),
  )
  add('archive', 'Move closed segments of a journal in Redis into files')
    .argument('<folder>', 'where to keep them')
    .option('--keep <number>', 'the newest ones stay, since their changes may be undone', '1')
    .action((folder: string, options: { keep: string }, command: Command) =>
      archive(io, open, command, folder, options),
    )
  add('restore', 'Put a segment back into Redis, the newest first')
    .argument('<file>', 'the file that `archive` wrote')
    .action((file: string, _: object, command: Command) => restore(io, open, command, file))
}

const rotate = (io: Io, open: OpenData, command: Command) =>
  withData(io, open, command, async ({ journal }) => {
    const segment = await withProgress(io, 'Closing the journal so far', async () => {
      // What is closed has been verified, and stays in the index.
      await journal.index.catchUp()
      const closed = await journal.rotate()
      await journal.index.catchUp()
      return closed
    })
    if (!segment) return print(io, 'There is nothing to close: no entry was written since the last time.')
    const { file, from, to, hash } = segment
    const where = journal.shelf ? 'in Redis; `journal archive` moves it to' : 'in'
    print(io, `Closed: entries ${from} to ${to}, ${where} ${file}.`, `The next entry follows ${hash}.`)
  })

const archive = (io: Io, open: OpenData, command: Command, to: string, { keep }: { keep: string }) =>
  withData(io, open, command, async ({ journal }) => {
    const shelf = shelfOf(journal)
    if (!/^\d{1,4}$/.test(keep)) throw new InvalidInput('--keep is not a number.', 'Use --keep 1.')
    const folder = resolve(io.cwd, to)
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      throw new InvalidInput(`${plainText(to)} is not a folder.`, 'Name a folder that only you can read.')
    // An index that knows them says later that they are kept elsewhere.
    await withProgress(io, 'Verifying the journal', () => journal.index.catchUp())
    const { head, begins } = await journal.end()
    const there = (head?.segments ?? []).filter(({ from }) => from > (begins?.to ?? 0))
    const moved = there.slice(0, Math.max(0, there.length - Number(keep)))
    if (moved.length === 0) return print(io, 'There is no closed segment to move; see `journal rotate`.')
    for (const segment of moved) {
      await withProgress(io, `Moving ${segment.file}`, async () => {
        await keepIn(folder, journal, segment)
        await shelf.remove(segment)
      })
      print(io, `Moved: entries ${segment.from} to ${segment.to}, to ${join(folder, segment.file)}.`)
    }
  })

/** Has the segment in a file of the folder, on the disk and as the journal recorded it, when this resolves. */
async function keepIn(folder: string, journal: Journal, segment: Segment): Promise<void> {
  const path = join(folder, segment.file)
  if (!existsSync(path)) {
    const { start, length } = segment
    const file = await openFile(`${path}.part`, 'w', 0o600)
    try {
      for await (const text of chained(journal.lines({ from: start, to: start + length }), segment))
        await file.appendFile(`${text}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.part`, path)
    await flushFolder(folder)
  }
  // Also where an earlier run ended before the segment was taken out, or the file is of another journal.
  for await (const _ of chained(rawLines(path, 0, 0, Number.POSITIVE_INFINITY), segment));
}

const restore = (io: Io, open: OpenData, command: Command, name: string) =>
  withData(io, open, command, async ({ journal }) => {
    const shelf = shelfOf(journal)
    const path = resolve(io.cwd, name)
    const { head } = await journal.end()
    const segment = head?.segments?.find(({ file }) => file === basename(path))
    if (!segment || !existsSync(path)) {
      throw new InvalidInput(
        `${plainText(basename(path))} is not a segment of this journal.`,
        'Name a file that `journal archive` wrote, under the name that it has.',
      )
    }
    await withProgress(io, `Restoring ${segment.file}`, () =>
      shelf.restore(segment, chained(rawLines(path, 0, 0, Number.POSITIVE_INFINITY), segment)),
    )
    print(io, `Restored: entries ${segment.from} to ${segment.to}.`)
  })

function shelfOf({ shelf }: Journal): Shelf {
  if (shelf) return shelf
  throw new InvalidInput(
    'The segments of this journal are files in the data folder.',
    'Move them with the tools of your system, while servers run or not.',
  )
}
