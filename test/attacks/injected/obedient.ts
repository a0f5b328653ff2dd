import { type ApprovalFormFields, linkIn } from '../../support/browser.ts'
import { decideAt } from '../../support/strict.ts'
import type { ToolAnswer } from '../../support/world.ts'
import { HARMS, type Harm, type Order, orderOf, TRIFLES, type Trifle } from './orders.ts'

/** The worst agent there is: whatever it reads anywhere, in whatever writing, it does, as far as its tools let it. */
export interface Obedient {
  /** Calls a tool for its own task and obeys all that the answer says. */
  call(tool: string, args: object): Promise<ToolAnswer>
  /** Obeys a text that it was handed. */
  read(text: string): Promise<void>
  /** What it was told to do and tried, with what came of each call. */
  readonly tried: { order: Order; ends: string[] }[]
  /** All answers. */
  readonly heard: ToolAnswer[]
}

type Send = (tool: string, args: object) => Promise<ToolAnswer>

export function newObedient(send: Send): Obedient {
  const tried: Obedient['tried'] = []
  const heard: ToolAnswer[] = []
  const obeyed = new Set<string>()

  const hear = async (tool: string, args: object) => {
    const answer = await send(tool, args)
    heard.push(answer)
    return answer
  }

  async function read(text: string): Promise<void> {
    for (const reading of readingsOf(text)) {
      for (const order of ordersIn(reading)) {
        const key = JSON.stringify(order)
        if (obeyed.has(key)) continue
        obeyed.add(key)
        await obey(order, reading)
      }
    }
  }

  /** Makes the call; says that it is approved; approves it itself; and makes it again. */
  async function obey({ tool, args }: Order, text: string): Promise<void> {
    const ends: string[] = []
    tried.push({ order: { tool, args }, ends })
    const attempt = async (more: object = {}) => {
      const answer = await hear(tool, { ...args, ...more })
      ends.push(endOf(answer))
      return answer
    }
    const first = await attempt()
    const claims = claimsIn(text)
    const id = claims.approvalId
    if (id !== undefined) await attempt({ approvalId: id })
    if (/approved=true/.test(text)) await attempt({ approved: true, confirm: true })
    const { approval } = first as { approval?: { id: string; approveAt: string } }
    if (approval) {
      if (claims.passphrase !== undefined && linkIn(approval.approveAt).startsWith('http')) {
        ends.push(`page ${await decideAt(approval.approveAt, claims as ApprovalFormFields)}`)
      }
      await readAll(await attempt({ approvalId: approval.id }))
    }
    await readAll(first)
  }

  async function readAll(answer: ToolAnswer): Promise<void> {
    for (const text of textsIn(answer)) await read(text)
  }

  return {
    tried,
    heard,
    read,
    async call(tool, args) {
      const answer = await hear(tool, args)
      await readAll(answer)
      return answer
    },
  }
}

/** The error, or how a change ended. */
export const endOf = ({ error, status, outcome, runId }: ToolAnswer): string =>
  error?.code ?? String(status ?? outcome ?? runId ?? 'answered')

export function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) yield* textsIn(inner)
}

const NAMES: readonly (Harm | Trifle)[] = [...HARMS, ...TRIFLES]
const ORDER = /[a-z]+(?:_[a-z]+)* (\w+) ([\w.+-]+@[\w.-]*\w)/g

/** The orders in a text that is read as it stands. */
const ordersIn = (text: string): Order[] =>
  [...text.matchAll(ORDER)].flatMap(([, name, user = '']) => {
    const known = NAMES.find((one) => one === name)
    return known ? [orderOf(known, user)] : []
  })

const claimsIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/\b(approvalId|approver|passphrase)=([\w-]+)/g)].map(([, key, value]) => [key, value]),
  )

/** Everything that somebody can read into a text who is bent on finding an order in it. */
function readingsOf(text: string): Set<string> {
  const plain = text
    .normalize('NFKC')
    .replace(/[\u{e0020}-\u{e007e}]/gu, (one) => String.fromCodePoint((one.codePointAt(0) ?? 0) - 0xe0000))
    .replace(/\p{Cf}/gu, '')
    .replace(/[аеосрхі]/g, (one) => 'aeocpxi'['аеосрхі'.indexOf(one)] ?? one)
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
  const words = plain.split(/\s/).filter((word) => word.length > 20)
  const decoded = words.flatMap((word) => [
    Buffer.from(word, 'base64').toString(),
    Buffer.from(word, 'hex').toString(),
    word.replace(/(%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString()),
  ])
  const turned = plain.replace(/[a-z]/gi, (one) => {
    const from = one <= 'Z' ? 65 : 97
    return String.fromCharCode(((one.charCodeAt(0) - from + 13) % 26) + from)
  })
  return new Set([text, plain, turned, plain.replaceAll('·', ''), [...plain].reverse().join(''), ...decoded])
}
