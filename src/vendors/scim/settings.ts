import * as z from 'zod'

/** How a tenant's SCIM service wants to be spoken to. */
export interface ScimSettings {
  pageSize: number
  maxPages: number
  patchStrategy: 'auto' | 'path' | 'pathless' | 'put'
  contentType: string
  allowDelete: boolean
  memberRemoveShape: 'array' | 'filter'
}

/** The keys of a vendor's settings schema that make up `ScimSettings`. */
export const scimSettings = ({
  pageSize,
  memberRemoveShape = 'array',
}: {
  pageSize: number
  memberRemoveShape?: ScimSettings['memberRemoveShape']
}) => ({
  pageSize: z.int().min(1).max(1_000).default(pageSize).describe('Users or groups to ask for in one request'),
  maxPages: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Most pages to read when the app can not search and every user has to be looked at'),
  patchStrategy: z
    .enum(['auto', 'path', 'pathless', 'put'])
    .default('auto')
    .describe('Form of a change: PATCH with a path, PATCH without, full PUT; auto finds out which one works'),
  contentType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/, 'must be a media type such as application/json')
    .default('application/scim+json')
    .describe('Media type of what is sent'),
  allowDelete: z.boolean().default(false).describe('Whether accounts may be deleted'),
  memberRemoveShape: z
    .enum(['array', 'filter'])
    .default(memberRemoveShape)
    .describe(
      'How members are taken out of a group: all in one array, or each by a filter in the path, as RFC 7644 has it',
    ),
})
