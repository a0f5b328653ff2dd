// @module-tag long

import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { IdentityError } from '../../src/errors.ts'
import directory from '../../src/vendors/directory.ts'
import { context, vendorContext } from '../support/canned.ts'
import { hostileText, hostileValue } from './hostile.ts'

const folder = mkdtempSync(join(tmpdir(), 'export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let written = 0
/** The operations of a tenant over a file with this content. */
function over(content: string | Uint8Array) {
  written += 1
  const file = join(folder, `people-${written}.csv`)
  writeFileSync(file, content)
  utimesSync(file, 1_700_000_000, 1_700_000_000)
  const { findAccounts, listAccounts } = directory.operations({ file, columns: {} } as never, vendorContext())
  if (!findAccounts || !listAccounts) throw new TypeError('a directory that cannot be read')
  return {
    find: (user: string) => findAccounts({ user }, context()),
    list: () => listAccounts({ limit: 10_000 }, context()),
  }
}

/** What a call answers, where it fails for a reason of the file's. */
const told = async <Answer>(answer: Promise<Answer>): Promise<Answer | undefined> =>
  answer.catch((error) => {
    if (error instanceof IdentityError) return undefined
    throw error
  })

const cell = (text: string) => `"${text.replaceAll('"', '""')}"`
const HEADER = 'id,email,name,status'
const rowOf = (id: string, name: string) => [id, `${id}@example.com`, name, 'active'].map(cell).join(',')
const id = fc.stringMatching(/^[a-z]{1,8}$/)

test('a file of any content is read, or refused for a reason', async () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    hostileText,
    fc.array(hostileValue, { maxLength: 8 }).map((items) => JSON.stringify(items) ?? ''),
    fc.array(hostileText, { maxLength: 12 }).map((lines) => [HEADER, ...lines].join('\n')),
  )
  await fc.assert(
    fc.asyncProperty(anything, async (content) => {
      const { find, list } = over(content)
      await told(find('ada@example.com'))
      await told(list())
    }),
    { numRuns: 300 },
  )
})

test('whoever is in a whole file is found in it, whatever else is there', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(id, hostileText), { selector: ([one]) => one, minLength: 1, maxLength: 12 }),
      async (people) => {
        const { find, list } = over(
          [HEADER, ...people.map(([one, name]) => rowOf(one, name.replaceAll('\0', '')))].join('\r\n'),
        )
        const page = await list()
        expect(page.complete).toBe(true)
        expect(page.items.map((account) => account.id)).toEqual(people.map(([one]) => one))
        for (const [one] of people)
          expect((await find(`${one}@example.com`)).accounts).toMatchObject([{ id: one }])
      },
    ),
    { numRuns: 150 },
  )
})

test('nobody is absent from a file that lost a row', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(id, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      hostileText,
      async (ids, at, broken) => {
        const rows = ids.map((one) => rowOf(one, 'Ada'))
        // A row of one cell, with whatever is in it.
        rows.splice(at % (rows.length + 1), 0, cell(`x${broken.replaceAll('\0', '')}`))
        const { find, list } = over([HEADER, ...rows].join('\n'))
        expect(await told(find('nobody@example.com'))).toBeUndefined()
        expect((await told(list()))?.complete ?? false).toBe(false)
      },
    ),
    { numRuns: 150 },
  )
})
