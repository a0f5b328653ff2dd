import type { Incoming, Reply, Route } from '../http-types.ts'

/** Gainsight's error codes with their HTTP statuses (support.gainsight.com, "User Management APIs"). */
const FAILURES = {
  GU_1101: [500, 'Unexpected error'],
  GU_2400: [429, 'Too many request'],
  GU_2401: [400, 'Bulk create failed'],
  GU_2402: [400, 'Bulk update failed'],
  // Not in the article: stitchflow.com's Gainsight API guide documents a 404; the code is a guess.
  GU_2403: [404, 'User not found'],
  GU_2409: [400, 'Key is not supported'],
  GU_2410: [400, 'A user cannot be their own manager'],
  GU_2411: [400, 'Duplicate record'],
  GS_APIG_2401: [401, 'Unauthorized'],
  // Gainsight's other REST APIs send these, and the tests of rudderstack and tap-gainsight expect them.
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

/** The error for an invalid query. Its code is not documented. */
export const misasked = (desc: string) => new GainsightError('GU_1101', desc, { status: 400 })

const requestIdPart = () => ({ requestId: crypto.randomUUID() })

/** A success in the documented envelope. */
export const success = (data: unknown): Reply => ({
  status: 200,
  body: { result: true, errorCode: null, errorDesc: null, ...requestIdPart(), data, message: null },
})

export const failure = ({ code, message, status, data }: GainsightError): Reply => ({
  status,
  body: { result: false, errorCode: code, errorDesc: message, ...requestIdPart(), data, message: null },
})

export const fail = (code: Code, desc?: string): Reply => failure(new GainsightError(code, desc))

/** Turns a thrown `GainsightError` into a reply in Gainsight's envelope. */
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
