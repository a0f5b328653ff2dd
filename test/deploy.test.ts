import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import pkg from '../package.json' with { type: 'json' }
import { CALL_TIME } from '../src/auth/principal.ts'
import { program } from '../src/cli/program.ts'
import { loadSettings } from '../src/config/settings.ts'
import { vendors } from '../src/vendors/index.ts'
import { anIo } from './cli/fake-io.ts'
import { openHttpWorld } from './support/http-world.ts'
import { MAIN } from './support/main.ts'
import { freePort } from './support/redis.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ')
const compose = parse(read('deploy/compose.yaml'), { merge: true })
const manifests = parseAllDocuments(read('deploy/kubernetes.yaml'))
const kinds = Object.fromEntries(manifests.map((document) => [document.get('kind'), document.toJS()]))
const pod = kinds.Deployment.spec.template.spec
const [container] = pod.containers
const unit = read('deploy/identity-mcp.service')
const operations = read('docs/operations.md')

/** The arguments of an instruction, of the last stage or the only one that has it. */
const instruction = (name: string) =>
  dockerfile
    .split('\n')
    .findLast((line) => line.trim().startsWith(`${name} `))
    ?.trim()
    .slice(name.length + 1) ?? ''
const directive = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? ''

const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The files of secrets that settings name. */
const secretsIn = (settings: string) => [...settings.matchAll(/"file:([^"]+)"/g)].map(([, file = '']) => file)

describe.each([
  {
    where: 'deploy/settings',
    settings: read('deploy/settings/identity-mcp.json'),
    mounted: compose.services.server.volumes.map((volume: string) => volume.split(':')[1]),
  },
  {
    where: 'the ConfigMap of deploy/kubernetes.yaml',
    settings: kinds.ConfigMap.data['identity-mcp.json'] as string,
    mounted: container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath),
  },
])('the settings of $where', ({ settings, mounted }) => {
  test('are taken once their secrets are there', () => {
    const place = mkdtempSync(join(folder, 'settings-'))
    const here = (file: string) => join(place, basename(file))
    for (const file of secretsIn(settings)) {
      writeFileSync(
        here(file),
        file.endsWith('redis-url') ? 'rediss://identity:secret@redis:6379/0' : 'a-secret-token',
      )
    }
    const config = join(place, 'identity-mcp.json')
    writeFileSync(
      config,
      settings.replaceAll(/"file:([^"]+)"/g, (_, file) => `"file:${here(file)}"`),
    )
    const { tenants, auth, http, store } = loadSettings(config, vendors, {})
    expect(Object.keys(tenants).length).toBeGreaterThan(1)
    expect(auth).toEqual({ tokens: true })
    expect(http.url).toBeDefined()
    expect(store).not.toBe('disk')
  })

  test('name files in folders that are mounted, and nothing of the environment', () => {
    expect(secretsIn(settings).filter((file) => !mounted.includes(dirname(file)))).toEqual([])
    expect(settings).not.toContain('env:')
    expect(mounted).toContain('/etc/identity-mcp')
    expect(/IDENTITY_MCP_CONFIG=(\S+)/.exec(dockerfile)?.[1]).toBe('/etc/identity-mcp/identity-mcp.json')
  })
})

test('the sandbox of deploy/compose.yaml is what its settings lead to', async () => {
  const words: string[] = compose.services.sandbox.command
  const [tokens, port] = ['--tokens', '--port'].map((option) => words[words.indexOf(option) + 1] ?? '')
  const made = join(folder, 'tokens')
  const here = words.map((word) => (word === tokens ? made : word === port ? '0' : word))
  const sandbox = spawn(process.execPath, [MAIN, ...here, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [said] = await once(sandbox.stdout, 'data')
    const { settings } = JSON.parse(String(said))
    const ports = Object.keys(settings.tenants).map((_, place) => Number(port) + place)
    // The ports that are free here are others than those that the command asks for.
    for (const [place, tenant] of Object.values<{ url: string }>(settings.tenants).entries()) {
      tenant.url = tenant.url.replace(/:\d+/, `:${ports[place]}`)
    }
    const { tenants } = JSON.parse(read('deploy/settings/identity-mcp.json').replaceAll(tokens ?? '', made))
    expect(tenants).toEqual(settings.tenants)
    for (const file of secretsIn(JSON.stringify(tenants))) expect(existsSync(file)).toBe(true)
    expect(compose.services.sandbox.healthcheck.test.at(-1)).toContain(`:${ports.at(-1)}/_sandbox`)
    expect(compose.services.server.network_mode).toBe('service:sandbox')
  } finally {
    sandbox.kill('SIGKILL')
  }
})

describe('command lines', () => {
  const io = anIo({
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    exit: () => {},
  })

  /** What the program would not understand in these words; nothing when it knows them all. */
  function notUnderstood(words: readonly string[]): string | undefined {
    let command = program(io)
    const options = [...command.options]
    let values = 0
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? ''
      const option = options.find((one) => word !== '' && [one.short, one.long].includes(word))
      const inner = command.commands.find((one) => one.name() === word)
      if (option) at += option.required ? 1 : 0
      else if (inner && !word.startsWith('-')) {
        command = inner
        options.push(...inner.options)
      } else if (word.startsWith('-') || ++values > command.registeredArguments.length) return word
    }
    return undefined
  }

  const SAYS = 'settings reloaded'
  const code = [...operations.matchAll(/```sh\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap(([, block, span = '']) =>
    (block ?? span).split('\n'),
  )
  const comments = [...read('deploy/compose.yaml').split('\n'), ...unit.split('\n')].filter((line) =>
    line.startsWith('#  '),
  )
  const typed = [...code, ...comments].flatMap((line) => {
    const words = / *(?:^|exec server |beside |main\.js )identity-mcp (.*)$|main\.js (.*)$/.exec(line)
    if (!words) return []
    const all = (words[1] ?? words[2] ?? '').replace(/\s(#|>|\|).*$/, '').replace(/\$\([^)]*\)/, '')
    return [all.trim().split(/\s+/)]
  })
  const started = [
    directive('ExecStart').split('main.js ')[1]?.split(' ') ?? [],
    JSON.parse(instruction('CMD')) as string[],
    container.args as string[],
    compose.services.sandbox.command as string[],
  ]

  test('are found', () => {
    expect(typed.length).toBeGreaterThan(15)
    expect(typed).toContainEqual(['tokens', 'create', 'helpdesk', '--scopes', 'identity:remove'])
    expect(started.filter((words) => words.includes('--http'))).toHaveLength(3)
  })

  test.each([...typed, ...started].map((words) => [words.join(' '), words] as const))('%s', (_, words) => {
    expect(notUnderstood(words)).toBeUndefined()
  })

  test.each(['no-such', 'check --no-such', 'journal verify more', 'tokens create a b'])(
    '%s is not understood',
    (words) => {
      expect(notUnderstood(words.split(' '))).toBeDefined()
    },
  )

  test('the links of docs/operations.md lead somewhere', () => {
    const links = [...operations.matchAll(/\]\(([^)#]+)/g)].map(([, to = '']) => to)
    expect(links.length).toBeGreaterThan(6)
    expect(links.filter((to) => !existsSync(join(ROOT, 'docs', to)))).toEqual([])
  })

  test('what a server says on SIGHUP is what docs/operations.md says', async () => {
    await using world = await openHttpWorld()
    expect(await world.reload()).toContain(SAYS)
    expect(operations).toContain(`\`${SAYS}\``)
  })
})

describe('what is asked of a server', () => {
  /** Asks as a probe does, which knows no more of the server than its address. */
  const probe = (url: URL, path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(new URL(path, url), { headers: { host: '10.42.0.7:3910' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
  const healthcheck = JSON.parse(instruction('HEALTHCHECK').replace(/^.*?CMD /, '')) as string[]

  test('the probes of Kubernetes are answered, by whatever name', async () => {
    await using world = await openHttpWorld()
    const paths = [container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet.path)
    expect(paths).toEqual(['/healthz', '/readyz'])
    for (const path of paths) expect(await probe(world.url, path)).toBe(200)
  })

  test('the health check of the image tells a server from none', async () => {
    await using world = await openHttpWorld()
    const check = (port: string) => {
      const [, ...words] = healthcheck.map((word) => word.replace(':3910/', `:${port}/`))
      return new Promise((resolve) => spawn(process.execPath, words).on('close', resolve))
    }
    expect(healthcheck[0]).toBe('node')
    expect(await check(world.url.port)).toBe(0)
    expect(await check(String(await freePort()))).toBe(1)
  })

  test('every metric and label of an alert is there', async () => {
    await using world = await openHttpWorld()
    const told = await (await world.fetch('/metrics')).text()
    const types = new Map(
      [...told.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => [name, type]),
    )
    const labels = new Map(
      [...read('docs/http.md').matchAll(/`(identity_mcp_\w+)(?:\{([\w,]+)\})?`/g)].map(
        ([, name = '', list]) => [name, list?.split(',') ?? []],
      ),
    )
    const alerts = operations.split('## What to alert on')[1] ?? ''
    const expressions = [...alerts.matchAll(/`([^`]*\b(?:identity_mcp|nodejs|process)_[^`]*)`/g)].map(
      ([, text = '']) => text.replaceAll('\\|', '|'),
    )
    expect(expressions.length).toBeGreaterThan(10)
    for (const text of expressions) {
      const [name = ''] = /(?:identity_mcp|nodejs|process)_\w+/.exec(text) ?? []
      const base = name.replace(/_bucket$/, '')
      expect(base === name ? ['counter', 'gauge'] : ['histogram'], text).toContain(types.get(base))
      const known = [...(labels.get(base) ?? []), ...(base === name ? [] : ['le'])]
      const used = [
        ...[...text.matchAll(/(\w+)=~?"/g)].map(([, label]) => label),
        ...[...text.matchAll(/by \(([^)]+)\)/g)].flatMap(([, list]) => list?.split(', ')),
      ]
      expect(known, text).toEqual(expect.arrayContaining(used))
    }
    const codes = [...read('src/errors.ts').matchAll(/code = '(\w+)'/g)].map(([, code]) => code)
    const outcomes = [...alerts.matchAll(/outcome=~?"([^"]+)"/g)].flatMap(([, list]) => list?.split('\\|'))
    expect(outcomes.length).toBeGreaterThan(4)
    expect([...codes, 'internal']).toEqual(expect.arrayContaining(outcomes))
  })
})

describe('how it is run', () => {
  test('by a user that is a number and not root, the same everywhere', () => {
    expect(instruction('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    const [user, group] = instruction('USER').split(':')
    const { runAsUser, runAsGroup, runAsNonRoot } = pod.securityContext
    expect([`${runAsUser}`, `${runAsGroup}`, runAsNonRoot]).toEqual([user, group, true])
    expect(compose.volumes.sandbox.driver_opts.o).toContain(`uid=${user},gid=${group},`)
    expect(dockerfile).toContain(`--owner=${user} --group=${group} /var/lib/identity-mcp`)
    expect(directive('User')).toBe('identity-mcp')
  })

  test('with nothing that it may do beyond what it needs', () => {
    const { server, sandbox, redis } = compose.services
    for (const service of [server, sandbox, redis]) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
      expect(service.security_opt).toEqual(['no-new-privileges:true'])
    }
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(directive('NoNewPrivileges')).toBe('yes')
    expect(directive('ProtectSystem')).toBe('strict')
    expect(directive('CapabilityBoundingSet')).toBe('')
  })

  test('with secrets in whole folders, so that a change of them arrives', () => {
    expect(container.volumeMounts.filter((mount: object) => 'subPath' in mount)).toEqual([])
    expect(unit).not.toMatch(/^LoadCredential/m)
    const shared = [...compose.services.server.volumes, ...compose.services.redis.volumes]
    const fromHere = shared.map((volume) => volume.split(':')[0]).filter((from) => from.startsWith('./'))
    expect(fromHere).toEqual(['./settings', './secrets/server', './secrets/redis'])
    expect(read('.gitignore').split('\n')).toContain('deploy/secrets/')
  })

  test('with time for calls in flight to end', () => {
    // What `overHttp` gives them, and the webhook after that.
    const needed = CALL_TIME / 1_000 + 5 + 3
    const pause = Number(container.lifecycle.preStop.exec.command[1])
    expect(pause).toBeGreaterThan(0)
    expect(pod.terminationGracePeriodSeconds - pause).toBeGreaterThan(needed)
    expect(Number(directive('TimeoutStopSec'))).toBeGreaterThan(needed)
    expect(Number.parseInt(compose.services.server.stop_grace_period, 10)).toBeGreaterThan(needed)
    expect(operations).toContain(`calls in flight have ${CALL_TIME / 1_000 + 5} s to finish`)
  })

  test('on one port', () => {
    const serve = program(
      anIo({
        stdin: new PassThrough(),
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        exit: () => {},
      }),
    ).commands.find((command) => command.name() === 'serve')
    const port = serve?.options.find((option) => option.long === '--port')?.defaultValue
    expect(instruction('EXPOSE')).toBe(`${port}`)
    expect(instruction('HEALTHCHECK')).toContain(`127.0.0.1:${port}/healthz`)
    expect(container.ports).toEqual([{ name: 'http', containerPort: port }])
    expect(compose.services.sandbox.ports).toEqual([`127.0.0.1:${port}:${port}`])
    const { url } = JSON.parse(read('deploy/settings/identity-mcp.json')).http
    expect(url).toBe(`http://127.0.0.1:${port}`)
  })

  test('on a line of Node that is tested, by the same image in both stages', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base = '']) => base)
    expect(bases).toHaveLength(2)
    expect(new Set(bases).size).toBe(1)
    const [, line] = /^node:(\d+)-[a-z]+-slim$/.exec(bases[0] ?? '') ?? []
    const tested = /^for version in ([\d ]+);/m.exec(read('.ci/run'))?.[1]?.split(' ')
    expect(tested).toContain(line)
    expect(Number(line)).toBeGreaterThan(Number.parseInt(pkg.engines.node.slice(2), 10))
  })

  test('from sources that the build is given', () => {
    const given = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    )
    expect(copied.toSorted()).toEqual(expect.arrayContaining(given.toSorted()))
    expect(copied.filter((file) => !given.includes(file) || !existsSync(join(ROOT, file)))).toEqual([])
  })

  test('in as many pods as are meant, which everything finds', () => {
    const { labels } = kinds.Deployment.spec.template.metadata
    expect(kinds.Deployment.spec.replicas).toBe(2)
    for (const selector of [
      kinds.Deployment.spec.selector.matchLabels,
      kinds.Service.spec.selector,
      kinds.PodDisruptionBudget.spec.selector.matchLabels,
      kinds.NetworkPolicy.spec.podSelector.matchLabels,
      pod.topologySpreadConstraints[0].labelSelector.matchLabels,
    ]) {
      expect(labels).toEqual(selector)
    }
    expect(manifests.flatMap(({ errors }) => errors)).toEqual([])
    expect(kinds).not.toHaveProperty('Secret')
  })

  test('with the user of Redis that docs/store.md has', () => {
    const [, rights] = /^user identity on >PASSWORD (.+)$/m.exec(read('docs/store.md')) ?? []
    expect(rights).toBeDefined()
    expect(read('deploy/compose.yaml')).toContain(`"user identity on >$password ${rights}"`)
    expect(read('deploy/compose.yaml')).toContain("'user default off'")
  })
})
