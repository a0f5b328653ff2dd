import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../store/store.ts'
import type { JournalHead } from './backend.ts'
import { NO_LINE } from './entry.ts'

/** The last line of a journal file, as recorded beside it. */
export interface FileHead extends JournalHead {
  /** Offset of the last line, and the length of the file up to its end, in bytes. */
  start: number
  length: number
}

export const EMPTY_HEAD: FileHead = { seq: 0, hash: NO_LINE, start: 0, length: 0 }

export const headFile = (folder: string): string => join(folder, 'journal.head')

/** Key of the recorded end in the store, where it was before it had a file. */
export const HEAD_KEY = 'journal/head'

/** The recorded end of the journal in `folder`. Throws what reading throws. */
export async function readHead(folder: string, store: Pick<Store, 'get'>): Promise<FileHead | undefined> {
  try {
    return JSON.parse(await readFile(headFile(folder), 'utf8')) as FileHead
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return store.get<FileHead>(HEAD_KEY)
  }
}

/** Replaces the recorded end in one step, on the disk when this resolves. For the holder of the lock alone. */
export async function writeHead(folder: string, head: FileHead): Promise<void> {
  const next = `${headFile(folder)}.next`
  const file = await open(next, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(head))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, headFile(folder))
}
