import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')

interface Import {
  from: string
  to: string
  /** Only types pass, so that nothing is loaded. */
  typeOnly: boolean
  /** Loaded when it is used, not with the file. */
  lazy: boolean
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
/** A file's text without its comments, which may name what they explain. */
const codeOf = (file: string) =>
  readFileSync(join(SRC, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SRC, from), 'utf8')
  const found = text.matchAll(
    /(?:^|\n)(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)/g,
  )
  return [...found].map(([, type, to = '', lazily = '']) => {
    const target = to || lazily
    const inside = target.startsWith('.') ? relative(SRC, resolve(SRC, dirname(from), target)) : target
    return { from, to: inside, typeOnly: type !== undefined, lazy: lazily !== '' }
  })
})

/** Rooms from the outermost to the innermost; a room may load what stands in its own or a later line. */
const ROOMS: readonly (readonly string[])[] = [
  ['main.ts'],
  ['commands', 'sandbox'],
  ['transports'],
  ['server.ts'],
  ['elicit.ts'],
  ['dispatch.ts', 'resources.ts', 'visitor.ts'],
  ['ask.ts', 'brief.ts', 'change.ts', 'past.ts', 'read-back.ts', 'tenants.ts', 'tools'],
  ['vendors'],
  ['guards'],
  ['approvals', 'budget', 'webhook'],
  ['seal.ts', 'log.ts', 'meter.ts', 'stops.ts', 'under-way.ts', 'store'],
  ['identity'],
  ['config', 'errors.ts', 'secret.ts'],
]
const roomOf = (file: string) => file.split('/')[0] ?? file
const depthOf = (file: string) => ROOMS.findIndex((rooms) => rooms.includes(roomOf(file)))
const ours = imports.filter(({ to }) => files.includes(to))
const show = ({ from, to }: Import) => `${from} → ${to}`

describe('the map of imports', () => {
  test('gives every file a room', () => {
    expect(files.filter((file) => depthOf(file) < 0)).toEqual([])
  })

  test('points inwards only', () => {
    const outwards = ours.filter(({ from, to, typeOnly }) => !typeOnly && depthOf(to) < depthOf(from))
    expect(outwards.map(show)).toEqual([])
  })

  test('keeps the innermost rooms free of the others, types included', () => {
    const inner = ['identity', 'config', 'errors.ts', 'secret.ts']
    const outwards = ours.filter(
      ({ from, to }) => inner.includes(roomOf(from)) && depthOf(to) < depthOf('identity'),
    )
    expect(outwards.map(show)).toEqual([])
  })

  test('goes round in no circle, types included', () => {
    // Whoever imports none of those that are left can be part of none.
    let left = new Set(files)
    for (let before = -1; left.size !== before; ) {
      before = left.size
      left = new Set([...left].filter((file) => ours.some(({ from, to }) => from === file && left.has(to))))
    }
    const circles = ours.filter(({ from, to }) => left.has(from) && left.has(to))
    expect(circles.map(show)).toEqual([])
  })

  test('keeps tools, vendors and guards strangers to their siblings', () => {
    const lists = ['tools/index.ts', 'vendors/index.ts', 'guards/calls.ts', 'guards/requests.ts']
    const shared = [
      ...['define', 'fields', 'cursor', 'set-active', 'change-fields', 'reversal', 'wire'].map(
        (name) => `tools/${name}.ts`,
      ),
      ...['define', 'http'].map((name) => `vendors/${name}.ts`),
      ...['call', 'request', 'compose', 'policy', 'rate-headers', 'token-queue'].map(
        (name) => `guards/${name}.ts`,
      ),
    ]
    const siblings = ours.filter(
      ({ from, to }) =>
        ['tools', 'vendors', 'guards'].includes(roomOf(from)) &&
        roomOf(from) === roomOf(to) &&
        !lists.includes(from) &&
        !shared.includes(to) &&
        !shared.includes(from),
    )
    // A vendor's own folder and the SCIM protocol are part of the vendor that uses them.
    const foreign = siblings.filter(({ from, to }) => {
      if (roomOf(from) !== 'vendors') return true
      const own = from.split('/')[1]?.replace('.ts', '')
      return !to.startsWith(`vendors/${own}/`) && !to.startsWith('vendors/scim/')
    })
    expect(foreign.map(show)).toEqual([])
  })

  test('keeps the SCIM protocol ignorant of every vendor', () => {
    const vendorish = ours.filter(
      ({ from, to }) =>
        from.startsWith('vendors/scim/') &&
        to.startsWith('vendors/') &&
        !/^vendors\/(scim\/|define\.ts|http\.ts)/.test(to),
    )
    expect(vendorish.map(show)).toEqual([])
    for (const file of files.filter((file) => file.startsWith('vendors/scim/'))) {
      expect(codeOf(file), file).not.toMatch(/netskope|gainsight|mindtickle/i)
    }
  })

  test('keeps the sandbox out of everything that serves', () => {
    expect(
      ours
        .filter(({ from, to }) => roomOf(to) === 'sandbox' && !/^(commands|sandbox)\//.test(from))
        .map(show),
    ).toEqual([])
    const ofOurs = ours.filter(
      ({ from, to }) => roomOf(from) === 'sandbox' && !/^(sandbox|errors\.ts|secret\.ts)/.test(to),
    )
    expect(ofOurs.map(show)).toEqual([])
  })

  test('has one door for each package', () => {
    const doors: Record<string, RegExp> = {
      '@modelcontextprotocol/server': /^(server\.ts|elicit\.ts|transports\/)/,
      jose: /^transports\/jwt\.ts$/,
      'prom-client': /^transports\/metrics\.ts$/,
      '@modelcontextprotocol/client': /^commands\/demo\//,
      undici: /^vendors\/http\.ts$/,
      bottleneck: /^guards\//,
      ioredis: /^store\//,
      libsql: /^store\//,
      commander: /^(main\.ts|commands\/)/,
      '@clack/prompts': /^commands\//,
      'env-paths': /^commands\//,
    }
    const packages = imports.filter(
      ({ to }) => !to.startsWith('node:') && !to.includes('.ts') && !to.endsWith('.json'),
    )
    const strangers = packages.filter(({ from, to }) => {
      const name = to
        .split('/')
        .slice(0, to.startsWith('@') ? 2 : 1)
        .join('/')
      return name !== 'zod' && !(doors[name]?.test(from) ?? false)
    })
    expect(strangers.map(show)).toEqual([])
  })

  test('loads what is heavy and not always needed when it is used', () => {
    const heavy = ['ioredis', 'libsql', 'undici', 'bottleneck', '@clack/prompts']
    const early = imports.filter(({ to, typeOnly, lazy }) => heavy.includes(to) && !typeOnly && !lazy)
    expect(early.map(show)).toEqual([])
  })

  test('lets only main.ts touch the process', () => {
    const touching = files.filter((file) => /\bprocess\.\w/.test(codeOf(file)))
    expect(touching).toEqual(['main.ts'])
  })
})
