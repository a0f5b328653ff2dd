import { Unsupported } from '../../errors.ts'

/** The error that names each field that an app does not take; `taken` says what it takes. */
export const notTaken = (app: string, fields: readonly string[], taken: string): Unsupported =>
  new Unsupported(
    `${app} does not accept: ${fields.join(', ')}.`,
    `It accepts ${taken}. Leave the others out.`,
    { fields },
  )
