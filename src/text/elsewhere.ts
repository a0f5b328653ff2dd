/**
 * What agents ask for in words that no schema has: the name it has here, or what does it and where. A hint is
 * for the person behind the agent, too, so it names places and never how to get past a guard.
 */

/** Fields and arguments, each with other words for it: letters only, lower case. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  user: ['username', 'email', 'id', 'userid', 'name', 'person', 'query', 'search'],
  userName: ['login', 'loginname', 'upn', 'userprincipalname', 'uid'],
  email: ['mail', 'emails', 'emailaddress', 'primaryemail', 'workemail'],
  givenName: ['firstname', 'first', 'forename'],
  familyName: ['lastname', 'last', 'surname'],
  displayName: ['name', 'fullname', 'formattedname'],
  title: ['jobtitle', 'job', 'position'],
  department: ['dept'],
  role: ['roles'],
  licence: ['license', 'licenses', 'licences', 'licensetype', 'seat'],
  manager: ['managerid', 'manageremail', 'supervisor', 'reportsto'],
  externalId: ['employeeid', 'employeenumber'],
  locale: ['language', 'preferredlanguage'],
  timezone: ['tz'],
  phone: ['phonenumber', 'phonenumbers', 'telephone', 'mobile', 'mobilephone'],
  admin: ['isadmin', 'administrator', 'superadmin', 'issuperadmin'],
  userType: ['type', 'employeetype'],
  location: ['city', 'country', 'office'],
  status: ['active', 'isactive', 'enabled', 'disabled', 'suspended', 'state', 'accountstatus'],
  group: ['groups', 'groupid', 'groupname', 'team', 'memberof'],
  set: ['attributes', 'fields', 'changes', 'update', 'updates', 'values'],
  attributes: ['set', 'fields'],
  match: ['filter', 'where', 'query', 'search'],
  tenant: ['app', 'tenants', 'tenantid', 'workspace'],
  tenants: ['app', 'apps', 'tenant', 'workspaces'],
  limit: ['count', 'pagesize', 'maxresults', 'top', 'first'],
  cursor: ['nextcursor', 'page', 'pagetoken', 'offset', 'startindex'],
  since: ['from', 'after', 'start', 'startdate', 'starttime'],
  until: ['to', 'before', 'end', 'enddate', 'endtime'],
  reason: ['why', 'comment', 'justification'],
  add: ['members', 'users', 'addmembers'],
  remove: ['removemembers'],
}

type Row = readonly [asked: RegExp, says: string]

/** Things, whether an argument or a tool is named after them; the first that fits counts. */
const THINGS: readonly Row[] = [
  [
    /\b(passwords?|passwd|pwd|passcodes?|credentials?)\b/,
    'This server takes no passwords: they are reset at the identity provider, or in the console of ' +
      'an app that has its own sign-in.',
  ],
  [
    /\b(mfa|2fa|otp|totp|factors?|authenticators?|passkeys?|webauthn|yubikeys?)\b/,
    'Second factors are reset at the identity provider, or in the console of an app that has its own ' +
      'sign-in.',
  ],
  [
    /\b(sessions?|sign out|log ?out|kick)\b/,
    'end_sessions ends them where the app can, and deactivate_user does so by itself; elsewhere they are ended in ' +
      'the console of the app.',
  ],
  [
    /\b(mailbox(es)?|inbox(es)?|forwarding|forward|calendars?|out of office|auto ?reply)\b/,
    'Mailboxes and calendars are looked after in the mail system.',
  ],
  [
    /\b(devices?|laptops?|computers?|wipe|mdm|endpoints?)\b/,
    'Devices are locked and wiped in the device management.',
  ],
  [
    /\b(files?|documents?|drives?|ownership|transfer)\b/,
    'Files and their owners are looked after in the app that holds them.',
  ],
  [
    /\b(last (sign ?in|log ?in|seen|active|used|activity)|idle|dormant|unused|stale)\b/,
    'find_user and list_users show `lastSignInAt` where the app tells it, and nothing searches by it: ' +
      'without it the last sign-in is unknown. The sign-in log of the identity provider has it.',
  ],
  [
    /\b(licen[cs]e?s?|licen[cs]ing|seats?|billing|costs?|usage)\b/,
    'list_users shows the `licence` of each account, and matches it, where the app tells it; ' +
      'use and cost are in the reports of the app.',
  ],
  [
    /\b(schedule[ds]?|dates?|at|when|later|until|expir\w*|start|end|starts|ends|effective)\b/,
    'offboard and deactivate_users take `at`. Nothing else is done at a later time: make the call on the day.',
  ],
  [
    /\b(copy|clone|same as|like)\b/,
    'Nothing copies groups: find_user shows the groups of a person where the app tells them, ' +
      'list_groups who is in a group, and update_group_members adds people.',
  ],
  [
    /\b(groups?|members?|memberships?|teams?)\b/,
    'list_groups shows who is in a group and update_group_members changes it.',
  ],
  [
    /\b(compare|comparison|diff|reconcile|orphan\w*|source|truth|hr|hris|okta|entra|idp|missing)\b/,
    'compare_users compares tenants with the one that is the truth about people, and says who left, is missing or differs.',
  ],
  [
    /\b(bulk|batch|mass|many|all|everyone|csv|people|leavers?|(deactivate|offboard|suspend|delete) users)\b/,
    'offboard and deactivate_users take many people with one approval, and update_group_members many members: each ' +
      'of the other tools takes one person a call.',
  ],
  [
    /\b(active|enabled?|disabled?|(de|re)activated?|(un)?suspend(ed)?|status|state|(un)?(b?lock)(ed)?)\b/,
    'deactivate_user takes access away and reactivate_user gives it back.',
  ],
  [
    /\b(scopes?|permissions?|privileges?|entitlements?|polic(y|ies))\b/,
    'Permissions and policies are looked after in the console of the app.',
  ],
]

/** Deeds, for tools that there are not. */
const DEEDS: readonly Row[] = [
  [/\b(approve|approval|confirm)\b/, 'People approve, outside this chat; no tool does.'],
  [
    /\b(explain|why|diagnose|troubleshoot|sign ?ins?|log ?ins?)\b/,
    'explain_access shows status, groups, roles and the last changes of a person, app by app, and says what no app ' +
      'tells. A refused sign-in is in the log of the identity provider.',
  ],
  [/\b(offboard|terminate|deprovision|fire|revoke)\b/, 'deactivate_user takes access away from one person.'],
  [/\b(undo|revert|rollback|restore)\b/, 'undo_change takes back what a call changed.'],
  [/\b(audit|logs?|history|events?|journal)\b/, 'pull_audit shows who did what.'],
  [/\b(admins?|administrators?)\b/, 'list_users matches `admin`, where the app tells it.'],
  [/\b(tokens?|health|connection|integrations?)\b/, 'check_token says what is wrong with a connection.'],
  [/\b(create|invite|onboard|provision|hire|add)\b/, 'create_user adds an account to one tenant.'],
  [/\b(delete|remove|erase|purge)\b/, 'deactivate_user takes access away.'],
  [/\b(update|edit|rename|modify|change|set)\b/, 'update_user changes the fields of an account.'],
  [/\b(count|report|export|users)\b/, 'list_users lists the accounts of a tenant.'],
  [/\b(search|look ?up|find|get|whois|user)\b/, 'find_user looks a person up in every app.'],
  [/\b(apps?|tenants?|workspaces?)\b/, 'list_tenants names the connected apps.'],
]

/** `resetMFA_forUser` → `reset mfa for user`: the words of a name, to look for whole ones. */
const wordsOf = (name: string): string =>
  name
    .slice(0, 64)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z\d]+/g, ' ')
    .toLowerCase()
    .trim()

const bare = (name: string): string => wordsOf(name).replaceAll(' ', '')

const firstOf = (rows: readonly Row[], name: string): string | undefined =>
  rows.find(([asked]) => asked.test(wordsOf(name)))?.[1]

/** Names that an object takes; `within` has those of the objects that it holds. */
export interface Takes {
  names: readonly string[]
  within: Readonly<Record<string, readonly string[]>>
}

/** What to say to somebody who gave the argument `name` where it does not fit; undefined if nobody knows. */
export function insteadOfArgument(name: string, { names, within }: Takes): string | undefined {
  const word = bare(name)
  const same = names.find((one) => bare(one) === word)
  if (same !== undefined) return `It is called \`${same}\` here.`
  for (const [holder, held] of Object.entries(within)) {
    const inside = meant(word, held)
    if (inside !== undefined) return `\`${inside}\` goes into \`${holder}\`.`
  }
  const here = meant(word, names)
  return here === undefined ? firstOf(THINGS, name) : `It is called \`${here}\` here.`
}

const meant = (word: string, names: readonly string[]): string | undefined =>
  names.find((one) => bare(one) === word) ?? names.find((one) => OTHER_WORDS[one]?.includes(word))

/** What to say to somebody who called a tool of this name, which there is not. */
export const insteadOfTool = (name: string): string =>
  firstOf([...THINGS, ...DEEDS], name) ?? 'tools/list has all tools.'
