// @module-tag long

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { SPELLINGS } from '../support/spellings.ts'
import { openWorld } from '../support/world.ts'
import { ADA, listOf } from './replies.ts'

const TOKEN = 'canary+/7f3a91c5==e2d84b06.x-y_z'

/** An app that spells the token it was sent into fields, errors and headers. */
async function openRange() {
  let spell: (text: string) => string = (text) => text
  const app = await serveCanned((asked) => {
    const [, token = ''] = String(asked.headers.authorization).split(' ')
    const person = JSON.stringify(answerTo(asked)).replaceAll('ECHO', () => spell(token))
    const headers = {
      'content-type': 'application/scim+json',
      etag: `W/"${encodeURIComponent(token)}"`,
      'x-request-id': token,
    }
    return { raw: person, headers, ...(asked.path.endsWith('/Groups') && { status: 500 }) }
  })
  const world = await openWorld({
    answer: 'none',
    env: { IDENTITY_MCP_LOG: 'info', ECHOED_TOKEN: TOKEN },
    tenants: () => ({
      echo: {
        vendor: 'scim',
        url: `${app.url}/scim/v2`,
        tokens: { scim: 'env:ECHOED_TOKEN' },
        maxRetries: 0,
        verifyWindowMs: 0,
        budget: { perMinute: 1_000_000 },
      },
    }),
    settings: { confirm: { removes: 'none' }, limits: { removesPerHour: 1_000_000 } },
  })
  return {
    world,
    use: (next: (text: string) => string) => {
      spell = next
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await app[Symbol.asyncDispose]()
    },
  }
}

const ECHO = {
  ...ADA,
  title: 'ECHO',
  displayName: 'Ada ECHO',
  name: { givenName: 'Ada', familyName: 'you sent ECHO here' },
}
const answerTo = ({ method, path }: ReceivedRequest): unknown => {
  if (path.endsWith('/Groups')) return { status: '500', detail: 'ECHO' }
  if (method === 'PATCH') return { ...ECHO, active: false }
  return path.endsWith('/Users') ? listOf(ECHO) : ECHO
}

let range: Awaited<ReturnType<typeof openRange>>
beforeAll(async () => {
  range = await openRange()
})
afterAll(async () => {
  await range[Symbol.asyncDispose]()
})

/** The token in any form that somebody who reads a text would see, or could read with a decoder. */
const shows = (text: string): boolean => {
  const plain = text.replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
  const bytes = [...plain.matchAll(/[\w+/-]{12,}/g)].flatMap(([run]) =>
    [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), 'base64').toString('latin1')),
  )
  return [plain, ...bytes].some((one) => one.includes('7f3a91c5') && one.includes('e2d84b06'))
}

test.each(Object.entries(SPELLINGS))(
  'a token that an app echoes %s is in no answer, journal or log',
  async (_, spell) => {
    const { world } = range
    range.use(spell)
    const said = [
      await world.call('find_user', { user: ADA.userName }),
      await world.call('list_users', { tenant: 'echo' }),
      await world.call('list_groups', { tenant: 'echo' }),
      await world.call('check_token', {}),
      await world.call('deactivate_user', { user: ADA.userName, tenants: ['echo'], reason: 'left' }),
    ]
    const answers = JSON.stringify(said)
    expect(answers).toContain('[secret]')
    expect(shows(answers)).toBe(false)
    expect(shows(JSON.stringify(world.journal()))).toBe(false)
    expect(shows(world.stderr())).toBe(false)
  },
)
