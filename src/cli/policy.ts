import { type Command, InvalidArgumentError } from 'commander'
import type { Io } from '../app/io.ts'
import type { CommonOptions } from '../app/stores.ts'
import type { WeightCase } from '../changes/define.ts'
import { kindNamed, kinds } from '../changes/index.ts'
import type { ConfirmRule } from '../config/policy.ts'
import type { Weight } from '../domain/change.ts'
import { openTenants, type Tenant, type Tenants, traitsOf } from '../engine/tenants.ts'
import type { Tool } from '../engine/tool.ts'
import { IdentityError, NotFound } from '../errors.ts'
import { type Demand, demandOf, type Weighed } from '../guards/policy.ts'
import { storeLedger } from '../limits/ledger.ts'
import { memoryStore } from '../store/table-store.ts'
import { tools } from '../tools/index.ts'
import { vendors } from '../vendors/index.ts'
import { shownSettings } from './settings-without-secrets.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'

interface ExplainOptions {
  tenant?: string
  admin?: true
  count: number
  json?: true
}

/** `identity-mcp policy explain TOOL`: which approval a tool needs, and which settings require it. Needs no secret. */
export function policyCommand(io: Io): Command {
  const policy = newCommand(io, 'policy', 'Show which approval a change needs')
  policy
    .command('explain <tool>')
    .description('Show what happens if an agent calls this tool, and which settings require it')
    .option('--tenant <name>', 'in this tenant; default: in each')
    .option('--admin', 'for an administrator')
    .option('--count <number>', 'for this many people in one call', readCount, 1)
    .option('--json', 'as JSON')
    .action(async (name: string, options: ExplainOptions, command: Command) => {
      try {
        await explainTool(io, command.optsWithGlobals(), name, options)
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error
        io.stderr.write(`${error.message} ${error.hint}\n`)
        io.exit(2)
      }
    })
  return policy
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a number from 1 to 99999.')
}

async function explainTool(
  io: Io,
  common: CommonOptions,
  name: string,
  { tenant, json, ...sample }: ExplainOptions,
) {
  const tool = tools.find((one) => one.name === name)
  if (!tool) throw new NotFound(`There is no tool "${name.slice(0, 64)}".`, `The tools are: ${TOOL_NAMES}.`)
  const settings = await shownSettings(io, common)
  const store = memoryStore()
  const tenants = openTenants(settings, vendors, { ledger: storeLedger(store), store })
  const policy = { confirm: settings.confirm, about: (one: string) => traitsOf(tenants.get(one)) }
  const explained = (tenant === undefined ? tenants.all : [tenants.get(tenant)]).map((one) => ({
    tenant: one,
    refused: refusal(tenants, tool, one),
    cases: casesOf(tool, one).map(({ when, weights }) => ({
      when,
      demand: demandOf(sampleCall(weights, one, sample), policy),
    })),
  }))
  const ruleOf = (setting: string) =>
    settings.confirm.rules[Number(/^confirm\.rules\.(\d+)$/.exec(setting)?.[1])]
  if (json) {
    const documents = explained.map((one) => ({
      tenant: one.tenant.name,
      vendor: one.tenant.vendor.name,
      environment: one.tenant.settings.environment,
      ...(one.refused
        ? { refused: one.refused }
        : {
            ...(one.cases[0]?.demand ?? NOTHING_ASKED),
            cases: one.cases.map(({ when, demand }) => ({ when, ...demand })),
          }),
    }))
    return print(io, toJson({ tool: name, effect: tool.effect, tenants: documents }, 2))
  }
  for (const { tenant: one, refused, cases } of explained) {
    print(io, `${paint(io, 'bold', name)} in ${one.name} (${one.title}, ${one.settings.environment})`)
    if (refused) print(io, ...wrap(io, refused, '  '))
    if (!refused && cases.length === 0)
      print(io, ...wrap(io, '  It only reads, and runs without confirmation.', '  '))
    for (const { when, demand } of refused ? [] : cases) {
      print(io, ...wrap(io, `If it ${when}: ${LEVEL_TEXTS[demand.level](demand)}`, '  '))
      for (const { setting, ...need } of demand.because) {
        const rule = ruleOf(setting)
        print(io, ...wrap(io, `- ${setting}: ${needText(need)}${rule ? conditionText(rule) : ''}`, '    '))
      }
    }
  }
  if (tool.effect !== 'reads') print(io, '', ...wrap(io, ALWAYS_CHECKED, ''))
}

const TOOL_NAMES = tools.map(({ name }) => name).join(', ')
const NOTHING_ASKED: Demand = { level: 'none', approvers: 1, fourEyes: false, kinds: [], because: [] }
const ALWAYS_CHECKED =
  'Always checked as well: protected accounts, the caller’s own account, the last administrator of a tenant, the limits and the brake.'

/** Why the call is refused in this tenant before any approval. */
function refusal(tenants: Tenants, tool: Tool, tenant: Tenant): string | undefined {
  if (tenants.serving(tool)?.includes(tenant)) return undefined
  return tool.effect !== 'reads' && tenants.readOnly(tenant)
    ? 'It is refused: nothing may be changed there.'
    : 'It is refused: the app or the settings of the tenant do not offer it.'
}

/** What calls of this tool can weigh in this tenant, the plain case first. */
const casesOf = ({ needs, effect }: Tool, { facts }: Tenant): readonly WeightCase[] => {
  const named = needs.flatMap((name) => kindNamed(name)?.cases(facts) ?? [])
  if (named.length > 0 || effect === 'reads') return named
  // A tool that names no write of its own takes back what others wrote, and makes and deletes nothing.
  const { deactivateAccount, reactivateAccount, updateAccount, updateMembers } = kinds
  return [deactivateAccount, reactivateAccount, updateAccount, updateMembers].flatMap(({ cases }) =>
    cases(facts),
  )
}

/** A call with these weights about made-up accounts, as the policy sees it. */
const sampleCall = (
  weights: readonly Weight[],
  { name: tenant }: Tenant,
  { admin, count }: Pick<ExplainOptions, 'admin' | 'count'>,
): Weighed => ({
  targets: Array.from({ length: count }, () => ({ tenant, weights, administrator: admin === true })),
})

const LEVEL_TEXTS: { [Level in Demand['level']]: (demand: Demand) => string } = {
  none: () => 'it runs without confirmation.',
  ask: () => 'the client asks a person; if it cannot, an approver must approve it outside the chat.',
  approve: ({ approvers, fourEyes }) =>
    `${approvers === 1 ? 'an approver' : `${approvers} approvers`} must approve it outside the chat` +
    `${fourEyes ? ', and not the person who requested it' : ''}.`,
}

const needText = ({ level, approvers, fourEyes }: Omit<Demand, 'because' | 'kinds'>): string =>
  [level, approvers > 1 && `${approvers} approvers`, fourEyes && 'four eyes'].filter(Boolean).join(', ')

const conditionText = ({ when }: ConfirmRule): string => {
  const conditions = Object.entries(when).map(([name, value]) =>
    value === true ? name : `${name} ${Array.isArray(value) ? value.join(' or ') : value}`,
  )
  return ` (${conditions.join(', ') || 'always'})`
}
