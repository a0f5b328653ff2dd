import type { AppReply } from '../../guards/request-pipeline.ts'
import { saysNothingFound } from '../http/classify.ts'
import type { Failure } from '../http/reply.ts'
import { asText, field, isRecord, parseJson, type Rec } from '../http/values.ts'

/**
 * The status that a code stands for, whatever status it came with: support.gainsight.com, "User Management APIs", sends
 * a duplicate as 400, and Steerco-Analytics-Internal/tap-gainsight met a refused key as 400.
 */
const STATUS_OF: ReadonlyMap<string | undefined, number> = new Map([
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

/** Gainsight's word for an empty list. */
const NO_DATA = 'GSOBJ_1011'

/**
 * A reply under the status that its code stands for, so that the code decides and not the status it came with. The
 * app's description goes where failures are classified from and nobody is shown.
 */
export function byCode(reply: AppReply): AppReply {
  const body = envelopeIn(reply.text)
  const code = body && failureCode(body)
  if (!body || !code) return reply
  const words = [code, code === NO_DATA ? 'No data found' : '', body.message, body.errorDesc]
  return {
    ...reply,
    status: STATUS_OF.get(code) ?? reply.status,
    text: JSON.stringify({
      result: false,
      message: words.filter((word) => typeof word === 'string' && word).join(' '),
    }),
  }
}

/** Gainsight's own code for a failure, by which it is told apart. */
export const codeOf = ({ said }: Pick<Failure, 'said'>): string | undefined =>
  /^(?:GU|GSOBJ|GS_[A-Z]+)_\d+\b/.exec(said)?.[0]

/** Gainsight's way to say that a list is empty, which is no failure. */
export const saysNoData = (failure: Failure): boolean =>
  codeOf(failure) === NO_DATA || (failure.inside && saysNothingFound(failure))

function failureCode(body: Rec): string | undefined {
  const code = asText(body.errorCode, 64)
  if (!code || body.result === true) return undefined
  // A batch that failed says why in its records.
  return (BATCH_FAILED.includes(code) && codeIn(field(body.data, 'errors'))) || code
}

function envelopeIn(text: string): Rec | undefined {
  if (!text.includes('errorCode')) return undefined
  const body = parseJson(text)
  return isRecord(body) ? body : undefined
}

/** The one record of a batch that failed inside a batch that succeeded; undefined when it went through. */
export function failedRecord(body: unknown): Failure | undefined {
  const data = field(body, 'data')
  const failed =
    FAILURES.flatMap((name) => field(data, name) ?? []).find(Boolean) ?? resultsIn(data).find(tellsFailure)
  const nothingDone = [field(data, 'count'), field(data, 'successCount')].includes(0)
  if (failed === undefined && !nothingDone) return undefined
  const code = codeIn(failed)
  return {
    status: STATUS_OF.get(code) ?? 400,
    form: 'json',
    said: [code, JSON.stringify(failed)]
      .filter((word) => word)
      .join(' ')
      .slice(0, 2_000),
    // The app took the batch and said of this record that it did not go through.
    inside: false,
  }
}

// The shape is not documented; these are spellings of other batch APIs, as lists or as numbers.
const FAILURES = ['errors', 'failures', 'failedRecords', 'failed', 'failureCount', 'failedCount']

const resultsIn = (data: unknown): unknown[] =>
  [data, field(data, 'records'), field(data, 'results')].filter(Array.isArray).flat()

const tellsFailure = (row: unknown): boolean =>
  isRecord(row) &&
  (row.success === false ||
    row.result === false ||
    /^(fail|error)/i.test(asText(row.status) ?? '') ||
    [row.errorCode, row.error, row.errors].some((told) => told && (!Array.isArray(told) || told.length > 0)))

/** The first code anywhere in a failed record: it may stand in a list of its own. */
const codeIn = (failed: unknown): string | undefined =>
  /\b(?:GU|GSOBJ|GS_[A-Z]+)_\d+\b/.exec(JSON.stringify(failed) ?? '')?.[0]
