import type { Failure } from './reply.ts'

const NOTHING =
  /\bno\b(?:\s+\w+){0,2}\s+(data|users?|groups?|records?|results?|rows|events?|entries|items|resources?|match(es)?)\b.*\bfound\b/i

/** A failure by which some apps say that a list is empty. */
export const saysNothingFound = ({ status, said, inside }: Failure): boolean =>
  (status === 404 || (inside && ![401, 403, 429].includes(status))) && NOTHING.test(said)

const AUTH =
  /unauthori[sz]ed|authenticat|credential|forbidden|permission|access denied|(expired|revoked|missing) \w*\s*token/i
const STATE = /unique|already exist|duplicate|mutab|read-?only/i

const ABOUT_FORM = new Set(['invalidPath', 'invalidSyntax', 'noTarget', 'invalidValue'])

/** The app certainly refused the form of a change and nothing else, so that another form may be tried. */
export const refusesForm = ({ status, scimType, said, inside }: Failure): boolean => {
  if (inside) return false
  if (status === 405 || status === 501) return true
  if (status !== 400) return false
  return scimType === undefined ? !AUTH.test(said) && !STATE.test(said) : ABOUT_FORM.has(scimType)
}

const TAKEN =
  /already (exist|in use|taken|registered|been taken)|duplicate|not unique|must be unique|uniqueness/i

/** The app says that it has such a record already; few say it in the way of RFC 7644 §3.12 (ory/polis#4065). */
export const saysDuplicate = ({ status, scimType, said, inside }: Failure): boolean =>
  status === 409 ||
  scimType === 'uniqueness' ||
  ((inside || status === 400 || status === 422) && TAKEN.test(said))

/** The app can't filter by what was asked: 400, 501 (RFC 7644 §3.12) or, as wso2/product-is#11182, 500. */
export const refusesFilter = ({ status, scimType, said }: Failure): boolean =>
  status === 500 || status === 501 || (status === 400 && (scimType === 'invalidFilter' || !AUTH.test(said)))
