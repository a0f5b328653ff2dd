import type { Incoming, Reply, Route } from '../http-types.ts'

/** Gainsight's error codes, with the status that each comes with (support.gainsight.com, "User Management APIs"). */
const FAILURES = {
  GU_1101: [500, 'Unexpected error'],
  GU_2400: [429, 'Too many request'],
  GU_2401: [400, 'Bulk create failed'],
  GU_2402: [400, 'Bulk update failed'],
  // Not in the article: a 404 is promised by stitchflow.com's Gainsight API guide, the code is a guess.
  GU_2403: [404, 'User not found'],
  GU_2409: [400, 'Key is not supported'],
  GU_2410: [400, 'A user cannot be their own manager'],
  GU_2411: [400, 'Duplicate record'],
  GS_APIG_2401: [401, 'Unauthorized'],
  // As Gainsight's other REST APIs answer, and rudderstack's and tap-gainsight's tests expect.
  GSOBJ_1011: [400, 'No data found'],
  GSOBJ_1024: [400, 'Authentication headers are not valid'],
} as const satisfies Record<string, readonly [number, string]>
export type Code = keyof typeof FAILURES

export class GainsightError extends Error {
  readonly code: Code
  readonly status: number
  readonly data: unknown

  constructor(code: Code, desc?: string, given: { status?: number; data?: unknown } = {}) {
    super(desc ?? FAILURES[code][1])
    this.code = code
    this.status = given.status ?? FAILURES[code][0]
    this.data = given.data ?? null
  }
}

/** A question that can't be answered as it is put; which code it has is documented nowhere. */
export const misasked = (desc: string) => new GainsightError('GU_1101', desc, { status: 400 })

const common = () => ({ requestId: crypto.randomUUID() })

/** A success in the documented envelope. */
export const success = (data: unknown): Reply => ({
  status: 200,
  body: { result: true, errorCode: null, errorDesc: null, ...common(), data, message: null },
})

export const failure = ({ code, message, status, data }: GainsightError): Reply => ({
  status,
  body: { result: false, errorCode: code, errorDesc: message, ...common(), data, message: null },
})

export const fail = (code: Code, desc?: string): Reply => failure(new GainsightError(code, desc))

/** Answers what was thrown in Gainsight's envelope. */
export const inEnvelope =
  (run: Route['run']) =>
  (incoming: Incoming, id: string): Reply => {
    try {
      return run(incoming, id)
    } catch (error) {
      if (error instanceof GainsightError) return failure(error)
      throw error
    }
  }
