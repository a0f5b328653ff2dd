import * as z from 'zod'
import type { AppBehaviour } from './behaviour.ts'

/** How to send requests to a tenant's SCIM service. */
export interface ScimSettings extends AppBehaviour {
  pageSize: number
  maxPages: number
  patchStrategy: 'auto' | 'path' | 'pathless' | 'put'
  contentType: string
  allowDelete: boolean
  memberRemoveShape: 'array' | 'filter'
  paths?: Paths | undefined
}

/** Where an app has its collections, below its address. */
interface Paths {
  users?: string | undefined
  groups?: string | undefined
}

/** The keys of a vendor's settings schema that make up `ScimSettings`. */
export const scimSettings = ({
  pageSize,
  memberRemoveShape = 'array',
}: {
  pageSize: number
  memberRemoveShape?: ScimSettings['memberRemoveShape']
}) => ({
  pageSize: z.int().min(1).max(1_000).default(pageSize).describe('Users or groups per request'),
  maxPages: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Maximum pages to read when the app cannot search and every user must be checked'),
  patchStrategy: z
    .enum(['auto', 'path', 'pathless', 'put'])
    .default('auto')
    .describe(
      'Form of a change: PATCH with a path, PATCH without a path, or full PUT; auto finds out which one works',
    ),
  contentType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/, 'must be a media type such as application/json')
    .default('application/scim+json')
    .describe('Media type of request bodies'),
  allowDelete: z.boolean().default(false).describe('Whether accounts may be deleted'),
  memberRemoveShape: z
    .enum(['array', 'filter'])
    .default(memberRemoveShape)
    .describe(
      'How to remove members from a group: all in one array, or each with a filter in the path, as in RFC 7644',
    ),
})

const CollectionPath = z
  .string()
  .regex(
    /^(\/[\w~-][\w.~-]*)+\/?$/,
    'must be a path such as /users, or /Users/ for an app that ends paths with a slash',
  )
  .optional()

/** The setting `paths`. */
export const collectionPaths = () =>
  z
    .strictObject({
      users: CollectionPath.describe('Path of the users; /Users when left out'),
      groups: CollectionPath.describe('Path of the groups; /Groups when left out'),
    })
    .optional()
    .describe('Where the app has its users and groups, below `url`')

/** A path of the standard, where this app has it. */
export function placed(paths: Paths = {}, path: string): string {
  const [, collection, rest = ''] = /^\/(Users|Groups)(\/.*)?$/.exec(path) ?? []
  const own = collection === 'Users' ? paths.users : collection === 'Groups' ? paths.groups : undefined
  if (own === undefined) return path
  const [, place = '', slash = ''] = /^(.*?)(\/?)$/.exec(own) ?? []
  return place + rest + slash
}
