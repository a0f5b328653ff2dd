import * as z from 'zod'
import { Environment } from '../config/policy.ts'
import type { TenantSettings } from '../config/schema.ts'
import { Unsupported } from '../errors.ts'
import { defineVendor, notAsked } from './define.ts'

const settings = notAsked(
  z.strictObject({
    vendor: z.literal('manual').describe('An app without an API: a change becomes a task for a person'),
    title: z.string().min(1).max(60).describe('What people call the app: Door badges'),
    owner: z
      .string()
      .regex(/^[A-Za-z0-9._@-]{1,64}$/, 'must be the name of an approver')
      .describe('The approver who makes changes there by hand, and says so with their passphrase'),
    environment: Environment.default('production').describe('Kind of tenant; policy rules can match on it'),
    allowWrites: z.boolean().default(true).describe('Whether changes to this tenant are allowed'),
    dryRun: z.boolean().default(false).describe('Plan and confirm as usual, but give no task'),
  }),
)

interface ManualSettings extends TenantSettings {
  title: string
  owner: string
}

export default defineVendor<ManualSettings>({
  name: 'manual',
  title: 'App without an API',
  settings: () => settings,
  local: true,
  facts: ({ owner }) => ({
    deactivate: 'reversible',
    delete: 'unknown',
    endsSessions: 'unknown',
    audit: 'none',
    caveats: {
      deactivate: `${owner} does it by hand: nothing has changed until they say so, and nobody else reads it back.`,
    },
  }),
  budget: {},
  about: [
    'deactivate_user and offboard give the owner a task, and answer by_hand: that is never done or verified.',
    'Nobody can be looked up here, and nothing can be undone from here.',
  ],
  operations: ({ title, owner }, { tenant }) => {
    const byHand = () =>
      new Unsupported(
        `Nobody can be looked up in ${title}: it has no API, and ${owner} makes changes there by hand.`,
        'deactivate_user gives them a task, for a person who is found in another app.',
      )
    return {
      findAccounts: async () => Promise.reject(byHand()),
      // What its owner is told; whether there is such an account is not known.
      readAccount: async ({ id }) => ({
        ...{ tenant, vendor: 'manual', id, userName: id, status: 'unknown' },
        ...(id.includes('@') && { email: id }),
      }),
      // A change is handed to its owner and never sent (`engine/carry-out.ts`).
      deactivateAccount: async () => Promise.reject(byHand()),
    }
  },
})
