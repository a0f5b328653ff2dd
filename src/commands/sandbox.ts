import { type Command, InvalidArgumentError } from 'commander'
import type { Sandbox } from '../sandbox/index.ts'
import { newCommand, print, toJson } from './data.ts'
import type { Io } from './io.ts'

interface Flags {
  port?: number
  perMinute: number
  fault?: string[]
  listFaults?: true
  json?: true
}

/** `identity-mcp sandbox`: simulated tenants to try things out on, until the process ends. `started` is told of them. */
export const sandboxCommand = (io: Io, started: (sandbox: Sandbox) => void = () => {}): Command =>
  newCommand(io, 'sandbox', 'run simulated tenants, full of made-up people, to try everything out on')
    .option('--port <number>', 'port on 127.0.0.1 (default: any free one)', wholeNumber(0, 65_535))
    .option(
      '--per-minute <number>',
      'requests that each token may make in any minute',
      wholeNumber(1, 1e9),
      300,
    )
    .option('--fault <name>', 'misbehave like that from the start; may be repeated', collect)
    .option('--list-faults', 'say which faults there are, and end')
    .option('--json', 'as JSON')
    .action(async ({ fault = [], ...flags }: Flags, command: Command) => {
      const { FAULT_KINDS, faultLines, isFault, startSandbox } = await import('../sandbox/index.ts')
      if (flags.listFaults) {
        const list = Object.entries(FAULT_KINDS).map(([fault, { about }]) => ({ fault, about }))
        return print(io, flags.json ? toJson(list, 2) : faultLines(FAULT_KINDS).join('\n'))
      }
      const unknown = fault.find((name) => !isFault(name))
      if (unknown !== undefined)
        command.error(`There is no fault "${unknown}"; --list-faults says which there are.`)
      const faults = fault.filter(isFault)
      const sandbox = await startSandbox({ port: flags.port, perMinute: flags.perMinute, faults }).catch(
        (error) => {
          if (!isTaken(error)) throw error
          return command.error(
            `Port ${flags.port} can't be had. Choose another with --port, or leave it out.`,
          )
        },
      )
      print(io, flags.json ? toJson(summary(sandbox), 2) : guide(sandbox, { ...flags, fault }, io.self))
      started(sandbox)
    })

const wholeNumber = (least: number, most: number) => (text: string) => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
}

const collect = (name: string, names: string[] = []) => [...names, name]

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')

const summary = ({ url, settings, env }: Sandbox) => ({ url, control: `${url}/_sandbox`, settings, env })

function guide(
  { url, tenants, settings, env }: Sandbox,
  { perMinute, fault = [] }: Flags,
  self: string,
): string {
  const exports = Object.entries(env).map(([name, value]) => `  export ${name}=${value}`)
  return `A simulated Netskope tenant is running at
${url} until you stop it (Ctrl+C).

It holds ${tenants['acme-netskope'].users.length} made-up people and lets each token make ${perMinute} requests a minute.
${fault.length > 0 ? `It misbehaves from the start: ${fault.join(', ')}.\n` : ''}
1. Save these settings as identity-mcp.json:

${indented(JSON.stringify(settings, null, 2))}

2. In another terminal, set the tokens. They are made up, and good for this
   run only:

${exports.join('\n')}

3. In that terminal, see whether they work:

  ${self} check

To look at the tenant itself:

  curl -H "Netskope-Api-Token: $SANDBOX_NETSKOPE_SCIM_TOKEN" \\
    "${url}/api/v2/scim/Users?count=3"

To make it misbehave, to end that, and to see what arrived:

  curl -X PUT -d '["429-storm"]' ${url}/_sandbox/faults
  curl -X DELETE ${url}/_sandbox/faults
  curl ${url}/_sandbox/arrivals

All the faults and how to narrow them: curl ${url}/_sandbox`
}

const indented = (text: string) => text.replace(/^/gm, '  ')
