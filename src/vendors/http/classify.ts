import type { Failure } from './reply.ts'

const NOTHING_FOUND =
  /\bno\b(?:\s+\w+){0,2}\s+(data|users?|groups?|records?|results?|rows|events?|entries|items|resources?|match(es)?)\b.*\bfound\b/i

/** A failure that some apps send for an empty list. */
export const saysNothingFound = ({ status, said, inside }: Failure): boolean =>
  (status === 404 || (inside && ![401, 403, 429].includes(status))) && NOTHING_FOUND.test(said)

const ABOUT_AUTH =
  /unauthori[sz]ed|authenticat|credential|forbidden|permission|access denied|(expired|revoked|missing) \w*\s*token/i
const ABOUT_STATE = /unique|already exist|duplicate|mutab|read-?only/i

const ABOUT_FORM = new Set(['invalidPath', 'invalidSyntax', 'noTarget', 'invalidValue'])

/** Whether a text names an attribute, as a word of its own. */
export const namesAttribute = (said: string, attribute: string): boolean =>
  new RegExp(`(^|[^\\w])${attribute.replace(/[^\w]/g, '\\$&')}($|[^\\w])`, 'i').test(said)

/** The app refuses a change because an attribute is read-only. */
export const saysReadOnly = ({ status, scimType, said }: Failure): boolean =>
  status === 400 && (scimType === 'mutability' || (scimType === undefined && /mutab|read-?only/i.test(said)))

/**
 * The app certainly refused only the form of a change of these attributes, so another form can be tried. In another form
 * an invalid value stays invalid, unless the app means the operation's own value and not that of an attribute.
 */
export const refusesForm = (
  { status, scimType, said, inside }: Failure,
  attributes: readonly string[] = [],
): boolean => {
  if (inside) return false
  if (status === 405 || status === 501) return true
  if (status !== 400) return false
  if (scimType === 'invalidValue') return !attributes.some((name) => namesAttribute(said, name))
  return scimType === undefined ? !ABOUT_AUTH.test(said) && !ABOUT_STATE.test(said) : ABOUT_FORM.has(scimType)
}

/** The app certainly refused a request because it holds too much (RFC 7644 §3.12, RFC 9110 §15.5.14). */
export const saysTooMany = ({ status, scimType, said, inside }: Failure): boolean =>
  !inside &&
  (status === 413 ||
    (status === 400 &&
      (scimType === 'tooMany' ||
        /\b(too (many|large)|at most|no more than|exceed(s|ed)?|maximum)\b/i.test(said))))

const ALREADY_TAKEN =
  /already (exist|in use|taken|registered|been taken)|duplicate|not unique|must be unique|uniqueness/i

/** The app says that the record already exists. Few apps follow RFC 7644 §3.12 here (ory/polis#4065). */
export const saysDuplicate = ({ status, scimType, said, inside }: Failure): boolean =>
  status === 409 ||
  scimType === 'uniqueness' ||
  ((inside || status === 400 || status === 422) && ALREADY_TAKEN.test(said))

/** The app cannot apply the filter: 400 or 501 (RFC 7644 §3.12), or 500 (wso2/product-is#11182). */
export const refusesFilter = ({ status, scimType, said }: Failure): boolean =>
  status === 500 ||
  status === 501 ||
  (status === 400 && (scimType === 'invalidFilter' || !ABOUT_AUTH.test(said)))
