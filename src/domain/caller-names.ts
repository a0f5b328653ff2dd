import { fold, sameText } from '../text/text.ts'

/** What a caller is called, to compare it with accounts and approvers. */
export interface CallerNames {
  /** Names that the operator trusts, the best one first; approvers see them. None if the token names nobody. */
  names: readonly string[]
  /** Further names that the caller may have. They can only ever refuse, and nobody is shown them. */
  mayBe: readonly string[]
}

/** Who requested a change, as the journal and the approvers see it. */
export interface Requester {
  /** The caller's id, which never stands for anybody else. */
  caller: string
  /** What the caller is called, where its id does not say it. */
  callerNames?: readonly string[]
  /** The agent that calls for the caller, as the issuer of its token names it. */
  agent?: string
  /** The OAuth client through which the agent calls, if it is not the agent itself. */
  via?: string
  /** Name and version of the MCP client, self-reported. */
  client?: string
}

/** The fields of a requester, among those of something that has them. */
export const requesterIn = ({ caller, callerNames, agent, via, client }: Requester): Requester => ({
  caller,
  ...(callerNames && callerNames.length > 0 && { callerNames }),
  ...(agent !== undefined && { agent }),
  ...(via !== undefined && { via }),
  ...(client !== undefined && { client }),
})

/** The ids of callers, each in one place, so that none is made up in two forms. */
export const callerId = {
  /** A user of the operating system, or anybody. */
  local: (user: string) => `local:${user}`,
  /** `made` differs for every token, so a name that is used again is another caller. */
  token: (name: string, made: string) => `token:${name}#${made}`,
  /** A subject is unique at its issuer only (RFC 7519 §4.1.2). No issuer has a fragment. */
  oauth: (issuer: string, subject: string) => `oauth:${issuer}#${subject}`,
}

/**
 * The names in a caller's id: the id itself, and the user, the token or the subject in it. Ids of earlier versions,
 * `token:NAME` and `oauth:SUBJECT`, stay in the journal.
 */
export function namesOfCaller(id: string): string[] {
  const [, kind = '', rest = id] = /^(local|token|oauth):(.+)$/s.exec(id) ?? []
  const at = rest.indexOf('#')
  if (kind === 'token' && at > 0) return [id, rest.slice(0, at)]
  if (kind === 'oauth' && at > 0 && URL.canParse(rest.slice(0, at))) return [id, rest.slice(at + 1)]
  return [...new Set([id, rest])]
}

/** The name under which people know a caller, for a list. */
export const shortName = ({ caller, callerNames: [name] = [] }: Requester): string => name ?? caller

/** The caller in words: "ada@example.com (oauth:https://login.example.com#00u1)". */
export const personInWords = ({ caller, callerNames = [] }: Requester): string =>
  callerNames.length > 0 ? `${callerNames.join(', ')} (${caller})` : caller

/** The whole requester in words: "agent-7 via chat, for ada@example.com (oauth:https://login.example.com#00u1)". */
export const inWords = ({ agent, via, ...person }: Requester): string =>
  agent === undefined
    ? personInWords(person)
    : `${agentInWords({ agent, via })}, for ${personInWords(person)}`

/** The names by which a caller's agent can be stopped. A bot with an API token is known by the name of its token, too. */
export const agentNamesOf = ({ id, agent, via }: { id: string; agent?: string; via?: string }): string[] => {
  const token = id.startsWith('token:') ? namesOfCaller(id).at(-1) : undefined
  return [agent, via, token].filter((name) => name !== undefined)
}

/** The agent in words: "agent-7 via chat". */
export const agentInWords = ({ agent, via }: { agent: string; via?: string | undefined }): string =>
  via === undefined ? agent : `${agent} via ${via}`

/**
 * Whether two names may be of one person. What counts is the part before the `@`, without a tag such as `+work`, and
 * without a prefix such as `ACME\` or `auth0|`: an address may have an alias in another domain, and mistaking one person
 * for two is the worse error.
 */
export const mayBeSame = (one: string, other: string): boolean => {
  const [bare, otherBare] = [bareName(one), bareName(other)]
  return sameText(one, other) || (bare !== '' && bare === otherBare)
}

const bareName = (name: string): string => fold((lastPart(name).split('@')[0] ?? '').split('+')[0] ?? '')

/** What follows the last separator of a name such as `auth0|ada`, `user:ada` or `ACME\ada`. */
export const lastPart = (name: string): string => name.split(/[|:\\/]/).at(-1) ?? name

/** Whether a person with this name may be the one who requested something. */
export const mayBeRequester = (
  name: string,
  { caller, callerNames = [], mayBe = [] }: Requester & { mayBe?: readonly string[] },
): boolean => [...namesOfCaller(caller), ...callerNames, ...mayBe].some((own) => mayBeSame(own, name))
