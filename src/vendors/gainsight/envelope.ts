import type { AppReply } from '../../guards/request-pipeline.ts'
import { saysNothingFound } from '../http/classify.ts'
import type { Failure } from '../http/reply.ts'
import { asText, field, isRecord, parseJson, type Rec } from '../http/values.ts'

/**
 * The status that each error code means, whatever the HTTP status: support.gainsight.com, "User Management APIs",
 * documents a duplicate as 400, and Steerco-Analytics-Internal/tap-gainsight saw a rejected key as 400.
 */
const STATUS_BY_CODE: ReadonlyMap<string | undefined, number> = new Map([
  ['GSOBJ_1024', 401],
  ['GS_APIG_2401', 401],
  ['GSOBJ_1011', 404],
  ['GU_1101', 500],
  ['GU_2400', 429],
  ['GU_2401', 400],
  ['GU_2402', 400],
  ['GU_2409', 400],
  ['GU_2410', 400],
  ['GU_2411', 409],
])

const BATCH_FAILED = ['GU_2401', 'GU_2402']

/** Gainsight's code for an empty list. */
const NO_DATA_CODE = 'GSOBJ_1011'

/**
 * Replaces the HTTP status with the one that the error code means. The app's description goes into the text that
 * failures are classified by; it is never shown.
 */
export function applyErrorCode(reply: AppReply): AppReply {
  const body = envelopeIn(reply.text)
  const code = body && failureCode(body)
  if (!body || !code) return reply
  const words = [code, code === NO_DATA_CODE ? 'No data found' : '', body.message, body.errorDesc]
  return {
    ...reply,
    status: STATUS_BY_CODE.get(code) ?? reply.status,
    text: JSON.stringify({
      result: false,
      message: words.filter((word) => typeof word === 'string' && word).join(' '),
    }),
  }
}

/** Gainsight's error code of a failure. */
export const gainsightCodeOf = ({ said }: Pick<Failure, 'said'>): string | undefined =>
  /^(?:GU|GSOBJ|GS_[A-Z]+)_\d+\b/.exec(said)?.[0]

/** Gainsight reports an empty list as an error; it is not a failure. */
export const saysNoData = (failure: Failure): boolean =>
  gainsightCodeOf(failure) === NO_DATA_CODE || (failure.inside && saysNothingFound(failure))

function failureCode(body: Rec): string | undefined {
  const code = asText(body.errorCode, 64)
  if (!code || body.result === true) return undefined
  // A failed batch gives the reason in its records.
  return (BATCH_FAILED.includes(code) && codeIn(field(body.data, 'errors'))) || code
}

function envelopeIn(text: string): Rec | undefined {
  if (!text.includes('errorCode')) return undefined
  const body = parseJson(text)
  return isRecord(body) ? body : undefined
}

/** The failed record of a batch that itself succeeded; undefined when the record succeeded too. */
export function failedRecord(body: unknown): Failure | undefined {
  const data = field(body, 'data')
  const failed =
    FAILURE_KEYS.flatMap((name) => field(data, name) ?? []).find(Boolean) ??
    batchResults(data).find(isFailedResult)
  const nothingDone = [field(data, 'count'), field(data, 'successCount')].includes(0)
  if (failed === undefined && !nothingDone) return undefined
  const code = codeIn(failed)
  return {
    status: STATUS_BY_CODE.get(code) ?? 400,
    form: 'json',
    said: [code, JSON.stringify(failed)]
      .filter((word) => word)
      .join(' ')
      .slice(0, 2_000),
    // The app accepted the batch and reported that this record failed.
    inside: false,
  }
}

// The shape is not documented. Other batch APIs use these keys, with lists or numbers.
const FAILURE_KEYS = ['errors', 'failures', 'failedRecords', 'failed', 'failureCount', 'failedCount']

const batchResults = (data: unknown): unknown[] =>
  [data, field(data, 'records'), field(data, 'results')].filter(Array.isArray).flat()

const isFailedResult = (row: unknown): boolean =>
  isRecord(row) &&
  (row.success === false ||
    row.result === false ||
    /^(fail|error)/i.test(asText(row.status) ?? '') ||
    [row.errorCode, row.error, row.errors].some(
      (value) => value && (!Array.isArray(value) || value.length > 0),
    ))

/** The first error code anywhere in a failed record; it can be in a nested list. */
const codeIn = (failed: unknown): string | undefined =>
  /\b(?:GU|GSOBJ|GS_[A-Z]+)_\d+\b/.exec(JSON.stringify(failed) ?? '')?.[0]
