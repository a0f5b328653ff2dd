import { type CannedReply, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { scimAt, user } from './scim-at.ts'

export const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export const target = { id: 'u1', userName: 'ana@example.com' }
export const ana = user('u1', 'ana@example.com', {
  schemas: [CORE],
  name: { givenName: 'Ana', familyName: 'Ruiz', formatted: 'Ana Ruiz' },
  emails: [
    { value: 'home@example.com', type: 'home' },
    { value: 'ana@example.com', type: 'work', primary: true, display: 'ana@example.com' },
  ],
  phoneNumbers: [{ value: '+46 70 1', type: 'mobile' }],
  'urn:example:custom': { kept: [1, null, { deep: true }] },
})
export const done: CannedReply = { status: 204 }
export const scimError = (status: number, more: object = {}): CannedReply => ({
  status,
  body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), ...more },
})

type Ops = ReturnType<typeof scimAt>

/** Does `work` at an app that answers as given; what was asked, and the code of the error if there was one. */
export async function at(
  answer: (arrived: ReceivedRequest) => CannedReply,
  work: (app: Ops) => Promise<unknown> | undefined,
  ...mapping: [settings?: Parameters<typeof scimAt>[1], mapping?: Parameters<typeof scimAt>[2]]
) {
  await using app = await serveCanned(answer)
  const result = await Promise.resolve(work(scimAt(app.url, ...mapping))).then(
    (value) => ({ value, code: undefined }),
    (error) => ({ value: undefined, code: error.code as string }),
  )
  return { ...result, asked: app.asked, methods: app.asked.map(({ method }) => method) }
}
