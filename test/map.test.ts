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

/** Rooms from the outermost to the innermost; a room may import what stands in its own or a later line. */
const ROOMS: readonly (readonly string[])[] = [
  ['main.ts', 'library.ts'],
  ['cli'],
  ['app'],
  ['sandbox'],
  ['server.ts'],
  ['http', 'mcp'],
  ['tools', 'runs', 'compare', 'snapshots'],
  ['engine'],
  ['auth', 'vendors'],
  ['guards'],
  ['approvals', 'webhook'],
  ['journal', 'limits'],
  ['store'],
  ['changes'],
  ['domain'],
  ['config', 'clients', 'text', 'views', 'log.ts', 'meter.ts', 'tracing.ts', 'in-flight.ts'],
  ['errors.ts', 'secret.ts', 'redact.ts'],
]
const roomOf = (file: string) => file.split('/')[0] ?? file
const depthOf = (file: string) => ROOMS.findIndex((rooms) => rooms.includes(roomOf(file)))
const ours = imports.filter(({ to }) => files.includes(to))
const show = ({ from, to }: Import) => `${from} → ${to}`

describe('the map of imports', () => {
  test('gives every file a room', () => {
    expect(files.filter((file) => depthOf(file) < 0)).toEqual([])
  })

  test('points inwards only, types included', () => {
    const outwards = ours.filter(({ from, to }) => depthOf(to) < depthOf(from))
    expect(outwards.map(show)).toEqual([])
  })

  test('lets no two rooms import each other, types included', () => {
    const arrows = new Set(ours.map(({ from, to }) => `${roomOf(from)} → ${roomOf(to)}`))
    const mutual = ours.filter(
      ({ from, to }) => roomOf(from) !== roomOf(to) && arrows.has(`${roomOf(to)} → ${roomOf(from)}`),
    )
    expect(mutual.map(show)).toEqual([])
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
    const lists = [
      'tools/index.ts',
      'vendors/index.ts',
      'guards/call-pipeline.ts',
      'guards/request-pipeline.ts',
    ]
    const shared = [
      ...[
        ...['fields', 'account-rows', 'fit', 'switch-account', 'switch-plan', 'change-fields', 'left-out'],
        ...['run-plan', 'to-wire', 'match-fields', 'run-fields', 'run-tool'],
      ].map((name) => `tools/${name}.ts`),
      ...['define', 'setup-guide'].map((name) => `vendors/${name}.ts`),
      ...['call', 'spoken-input', 'request', 'compose', 'form', 'policy', 'rate-headers', 'token-queue'].map(
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
    // A vendor's own folder, the SCIM protocol and what reads replies are part of the vendor that uses them.
    const foreign = siblings.filter(({ from, to }) => {
      if (roomOf(from) !== 'vendors') return true
      const own = from.split('/')[1]?.replace('.ts', '')
      return ![own, 'scim', 'http', 'records'].some((folder) => to.startsWith(`vendors/${folder}/`))
    })
    expect(foreign.map(show)).toEqual([])
  })

  test('keeps the SCIM protocol and what reads replies ignorant of every vendor', () => {
    const vendorish = ours.filter(
      ({ from, to }) =>
        /^vendors\/(scim|http)\//.test(from) &&
        to.startsWith('vendors/') &&
        !/^vendors\/(scim\/|http\/|define\.ts|setup-guide\.ts)/.test(to),
    )
    expect(vendorish.map(show)).toEqual([])
    for (const file of files.filter((file) => /^vendors\/(scim|http)\//.test(file))) {
      expect(codeOf(file), file).not.toMatch(/netskope|gainsight|mindtickle/i)
    }
  })

  test('keeps the sandbox out of everything that serves', () => {
    expect(
      ours.filter(({ from, to }) => roomOf(to) === 'sandbox' && !/^(cli|app|sandbox)\//.test(from)).map(show),
    ).toEqual([])
    const ofOurs = ours.filter(
      ({ from, to }) => roomOf(from) === 'sandbox' && !/^(sandbox|errors\.ts|secret\.ts)/.test(to),
    )
    expect(ofOurs.map(show)).toEqual([])
  })

  test('has one door for each package', () => {
    const doors: Record<string, RegExp> = {
      '@modelcontextprotocol/server': /^(server\.ts|mcp\/|http\/|auth\/)/,
      jose: /^(auth\/jwt|vendors\/http\/assertion)\.ts$/,
      'prom-client': /^http\/metrics\.ts$/,
      '@modelcontextprotocol/client': /^cli\/demo\//,
      undici: /^vendors\/http\/agent\.ts$/,
      '@opentelemetry/api': /^tracing\.ts$/,
      keyv: /^store\/app-memory\.ts$/,
      bottleneck: /^guards\/token-queue\.ts$/,
      ioredis: /^(store\/|journal\/redis-stream\.ts)/,
      libsql: /^store\//,
      commander: /^(main\.ts|cli\/|app\/stores\.ts)/,
      '@clack/prompts': /^cli\//,
      'jsonc-parser': /^clients\/json-edit\.ts$/,
      'env-paths': /^app\/user-folders\.ts$/,
      'csv-parse': /^(cli\/offboard|vendors\/directory\/.*)\.ts$/,
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

  test('reveals a secret only where it is transmitted, or where its own claims are read', () => {
    const revealing = files.filter((file) => /\.reveal\(\)/.test(codeOf(file))).sort()
    expect(revealing).toEqual([
      // The token of a collector that logs are exported to.
      'cli/audit/sinks.ts',
      // Addresses that may hold a password are checked to be ones.
      'config/network.ts',
      'config/store.ts',
      'config/webhook.ts',
      'store/redis-client.ts',
      // A client id is shown to whoever sets up an identity provider.
      'vendors/gainsight/setup.ts',
      // The key file of a service account is read.
      'vendors/google/service-account.ts',
      // A key signs.
      'vendors/http/assertion.ts',
      'vendors/http/client.ts',
      // When a JWT expires.
      'vendors/http/probe.ts',
      // A proxy's address and login.
      'vendors/http/tunnel.ts',
      'webhook/webhook.ts',
    ])
  })

  test('loads what is heavy and not always needed when it is used', () => {
    const heavy = [
      'csv-parse',
      '@opentelemetry/api',
      'ioredis',
      'libsql',
      'undici',
      'bottleneck',
      '@clack/prompts',
    ]
    const early = imports.filter(({ to, typeOnly, lazy }) => heavy.includes(to) && !typeOnly && !lazy)
    expect(early.map(show)).toEqual([])
  })

  test('exports nothing that nobody imports', () => {
    const others = ['src', 'test', 'bench', 'scripts'].flatMap((folder) =>
      readdirSync(resolve(SRC, '..', folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes('node_modules'))
        .map((file) => ({
          path: join(folder, file),
          text: readFileSync(resolve(SRC, '..', folder, file), 'utf8'),
        })),
    )
    const words = others.map(({ path, text }) => ({ path, words: new Set(text.match(/\w+/g)) }))
    // What the library exports is for programs of others.
    const inside = files.filter((file) => file !== 'library.ts')
    const unused = inside.flatMap((file) =>
      [...codeOf(file).matchAll(/^export (?:async )?(?:const|function|class|type|interface) (\w+)/gm)]
        .map(([, name = '']) => name)
        .filter((name) => !words.some((one) => one.path !== join('src', file) && one.words.has(name)))
        .map((name) => `${file}: ${name}`),
    )
    expect(unused).toEqual([])
  })

  test('lets only main.ts touch the process', () => {
    const touching = files.filter((file) => /\bprocess\.\w/.test(codeOf(file)))
    expect(touching).toEqual(['main.ts'])
  })
})
