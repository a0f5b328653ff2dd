import { describe, expect, test } from 'vitest'
import { type CannedReply, context } from '../../support/canned.ts'
import { scimAt, user } from './scim-at.ts'
import { ana, at, done, scimError, target } from './write-at.ts'

describe('deleting', () => {
  const remove = (replies: Record<string, CannedReply>) =>
    at(
      ({ method }) => replies[method] ?? { body: ana },
      (app) => app.deleteAccount?.(target, context()),
    )

  test.each<[string, Record<string, CannedReply>, string | undefined, string[]]>([
    ['204', { DELETE: done }, undefined, ['GET', 'DELETE']],
    ['200', { DELETE: { body: {} } }, undefined, ['GET', 'DELETE']],
    ['202', { DELETE: { status: 202 } }, undefined, ['GET', 'DELETE']],
    ['404', { DELETE: scimError(404) }, undefined, ['GET', 'DELETE']],
    ['404 of a gateway', { DELETE: { status: 404, raw: '<html/>' } }, 'unsupported', ['GET', 'DELETE']],
    ['an account that is gone', { GET: scimError(404) }, undefined, ['GET']],
    ['an account of another name', { GET: { body: user('u1', 'bo') } }, 'conflict', ['GET']],
    ['403', { DELETE: { status: 403 } }, 'forbidden', ['GET', 'DELETE']],
    ['500', { DELETE: { status: 500 } }, 'unknown_outcome', ['GET', 'DELETE']],
    ['no reply', { DELETE: { drop: true } }, 'unknown_outcome', ['GET', 'DELETE']],
  ])('after %s', async (_, replies, code, methods) => {
    expect(await remove(replies)).toMatchObject({ code, methods })
  })

  test('sends neither Accept nor a media type nor a body, which some apps refuse with it', async () => {
    const { asked } = await remove({ DELETE: done })
    expect(asked[1]).toMatchObject({ method: 'DELETE', text: '' })
    for (const header of ['accept', 'content-type', 'transfer-encoding'])
      expect(asked[1]?.headers).not.toHaveProperty(header)
  })

  test('is not offered unless the settings allow it', async () => {
    expect(scimAt('http://127.0.0.1:1', { allowDelete: false }).deleteAccount).toBeUndefined()
  })
})
