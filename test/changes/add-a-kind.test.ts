// @module-tag long

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundled } from '../support/bundled.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The kind of change that CONTRIBUTING.md shows. */
const example = async (): Promise<string> => {
  const page = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
  const [, section = ''] = page.split('## Add a kind of change')
  return /```ts\n([\s\S]*?)```/.exec(section)?.[1] ?? ''
}

/** A copy of the source, to compile it without a part of the kind. */
let copy = ''
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'identity-mcp-kind-'))
  await Promise.all([
    cp(join(ROOT, 'src'), join(copy, 'src'), { recursive: true }),
    cp(join(ROOT, 'package.json'), join(copy, 'package.json')),
    symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules')),
  ])
})
afterAll(() => rm(copy, { recursive: true, force: true }))

/** What the compiler says of these files, each complaint with the lines that explain it; nothing when it is content. */
async function compile(...files: string[]): Promise<string[]> {
  const { compilerOptions } = JSON.parse(await readFile(join(ROOT, 'tsconfig.json'), 'utf8'))
  await writeFile(join(copy, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: files }))
  const said = await run(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.')
  return said.split(/\n(?! )/).filter((complaint) => complaint !== '')
}

const run = (...words: string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: copy }, (_, stdout, stderr) => resolve(stdout + stderr))
  })

test('the page shows the kind as it is', async () => {
  expect(await example()).toBe(await readFile(join(ROOT, 'src/changes/end-sessions.ts'), 'utf8'))
})

test('one file and one line are all that the compiler wants, and it wants every field of it', async () => {
  const text = await example()
  const fields = [...text.matchAll(/^ {2}(?:async )?(\w+)(?=[:(])/gm)].map(([, name = '']) => name)
  expect(fields.length).toBeGreaterThan(20)
  const unlisted = 'without/kind.ts'
  await mkdir(join(copy, 'without'))
  /** A file of `src/changes` as it would be without something, beside that folder. */
  const without = (file: string, code: string) =>
    writeFile(
      join(copy, file),
      code.replaceAll("'./", "'../src/changes/").replaceAll("'../domain", "'../src/domain"),
    )
  const index = await readFile(join(copy, 'src/changes/index.ts'), 'utf8')
  await without(unlisted, index.replace('  endSessions,\n', ''))
  const lacking = await Promise.all(
    fields.map(async (field) => {
      const file = `without/field-${field}.ts`
      // From its name to the next field, or to the end.
      const whole = new RegExp(
        `^ {2}(?:async )?${field}[:(][\\s\\S]*?(?=^ {2}(?:async )?\\w+[:(]|^ {2}//|^}\\))`,
        'm',
      )
      await without(file, text.replace(whole, ''))
      return { field, file }
    }),
  )
  const said = await compile('src', 'without')
  expect(said.filter((complaint) => !complaint.startsWith('without/'))).toEqual([])
  expect(said.filter((complaint) => complaint.startsWith(unlisted)).join()).toContain(
    "'endSessions' is missing",
  )
  for (const { field, file } of lacking) {
    // One that names its own type tells nothing of what else is missing.
    const missing = field === 'operation' ? /operation|not assignable/ : new RegExp(`'${field}' is missing`)
    expect(said.filter((complaint) => complaint.startsWith(file)).join(), field).toMatch(missing)
  }
})

test('the plan, the page, undo, the journal and the guards say that it is for good', async () => {
  const said = JSON.parse(await run(await bundled({ text: SAY, from: join(copy, 'say.ts') })))
  expect(said.sentences).toEqual([
    'End every session of "Ada Lovelace" (ada@example.com) in Okta, tenant acme-okta.',
  ])
  expect(said.headline).toBe('End every session of "Ada Lovelace" in Okta')
  expect(said.page).toContain('Cannot be undone')
  expect(said.page).not.toContain('can be undone')
  expect(said.briefing).toMatchObject({ operation: 'endSessions', reversible: false })
  expect(said.undo).toEqual({
    outcome: 'cannot_undo',
    note: 'Sessions that were ended cannot be given back.',
  })
  expect(said.journal).toBe('it was active')
  expect(said.demand).toMatchObject({ level: 'ask', kinds: ['removes'] })
  expect(said.effect).toBe('removes')
  // Agreed to, sent, and never called seen.
  expect(said.carried).toMatchObject({ outcome: 'done', verified: false })
  expect(said.carried.note).toContain('does not tell which sessions are left')
  // Only what really takes an administrator away asks who else is left.
  expect(said.asksForAdministrators).toBe(false)
})

const SAY = `
import { kindOf, recalled } from './src/changes/index.ts'
import { mostDangerous } from './src/changes/plan.ts'
import { headline, plainHeadline } from './src/approvals/headline.ts'
import { changesSection } from './src/approvals/page/changes.ts'
import { unusualSection } from './src/approvals/page/unusual.ts'
import { briefOn } from './src/engine/approval-briefing.ts'
import { carryOut } from './src/engine/carry-out.ts'
import { demandOf, weigh } from './src/guards/policy.ts'
import { Confirm } from './src/config/policy.ts'

const account = {
  tenant: 'acme-okta', vendor: 'okta', id: 'id-1', userName: 'ada@example.com', name: 'Ada Lovelace',
  status: 'active', admin: true,
}
const subject = { id: account.id, userName: account.userName }
const change = { tenant: 'acme-okta', accounts: [account], subject, operation: 'endSessions', ask: subject }
const where = { tenant: 'acme-okta', title: 'Okta' }
const tenant = {
  name: 'acme-okta', title: 'Okta', vendor: { name: 'okta', title: 'Okta' },
  settings: { dryRun: false, verifyAfterWrite: true, verifyWindowMs: 0 },
  facts: { deactivate: 'reversible', delete: 'hard', endsSessions: 'no', audit: 'users' },
  namesPrivilege: () => false,
  operations: { endSessions: async () => {}, readAccount: async () => account },
}
const plan = { changes: [change], lines: [] }
const context = { caller: 'ada', priority: 'interactive', deadline: Date.now() + 5_000, signal: AbortSignal.timeout(5_000) }
const briefing = await briefOn(plan, {
  tenants: { get: () => tenant, offering: () => [] }, one: async () => {}, each: async () => [],
})
const image = recalled(JSON.parse(JSON.stringify(kindOf(change).imageOf(change))))
const past = { tenant: 'acme-okta', subject, before: image, outcome: 'done', since: [] }
const about = () => ({
  vendor: 'okta', environment: 'production', address: 'https://acme.okta.com', facts: tenant.facts,
  namesPrivilege: () => false,
})
console.log(JSON.stringify({
  sentences: kindOf(change).sentences(change, where),
  headline: plainHeadline(headline(briefing)),
  page: JSON.stringify([
    changesSection(briefing),
    unusualSection({ briefing, plan: [] }, { asked: 0, denied: 0 }),
  ]),
  briefing: briefing.changes[0],
  undo: await image.inverse(past, { account: async () => account }),
  journal: image.story,
  demand: demandOf(weigh({ ...plan, changes: [{ ...change, accounts: [{ ...account, admin: false }] }] }, about), { confirm: Confirm.parse({}), about }),
  effect: mostDangerous([change], () => tenant.facts),
  carried: await carryOut(change, tenant, { context, record: async () => {}, warn: () => {} }),
  asksForAdministrators: kindOf(change).takesAdministrator(change),
}))
`
