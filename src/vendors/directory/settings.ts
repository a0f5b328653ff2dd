import * as z from 'zod'
import { Environment } from '../../config/policy.ts'
import { notAsked } from '../define.ts'
import { COLUMNS } from './columns.ts'

/** The schema of a directory's settings. */
export const settings = notAsked(
  z.strictObject({
    vendor: z.literal('directory').describe('An export of people: CSV or JSON, read-only'),
    file: z
      .string()
      .min(1)
      .describe(
        'The export, a path relative to this file: CSV with a header, a JSON list, or an object on each line',
      ),
    columns: z
      .partialRecord(z.enum(COLUMNS), z.string().min(1).max(200))
      .default({})
      .describe(
        'The header of the file for each field that has another name there: { "externalId": "Personnel No." }',
      ),
    source: z.boolean().default(false).describe('Whether this tenant is the truth about people'),
    title: z.string().min(1).max(60).default('People export').describe('What the export is called'),
    environment: Environment.default('production').describe('Kind of tenant; policy rules can match on it'),
  }),
)

export type DirectorySettings = z.output<typeof settings>
