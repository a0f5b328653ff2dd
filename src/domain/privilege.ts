import { cautionOf, skeletonOf } from '../text/confusables.ts'
import type { Account } from './account.ts'
import type { Weight } from './change.ts'
import type { Facts } from './facts.ts'
import type { AccountFields } from './operations.ts'

/** Whether the name of a role, group, bundle or attribute suggests privileges. */
export type NamesPrivilege = (name: string | undefined) => boolean

/** Names that apps give to privileges, without accents. */
const LATIN = [
  ...['admin', 'owner', 'super.?user', 'power.?user', 'privileged', 'full.?(access|control)', 'amministra'],
  ...['verwalter', 'inhaber', 'eigentumer', 'beheerder', 'eigenaar', 'proprieta', 'propietar', 'yonetici'],
  ...[
    'spravce',
    'vlastnik',
    'wlasciciel',
    'rendszergazda',
    'tulajdonos',
    'paakayttaja',
    'omistaja',
    'haldur',
  ],
  ...['yllapitaja', 'jarjestelmanvalvoja', 'systemansvarig', 'quan.?tri'],
]
/** Too short to be looked for inside other words. */
const LATIN_WORDS = ['root', 'sudo', 'god', 'agare', 'eier', 'ejer', 'wheel']
const OTHER_SCRIPTS = [
  ...[
    'админ',
    'адмін',
    'владелец',
    'власник',
    'суперпольз',
    'привилегир',
    'διαχειριστ',
    'ιδιοκτητ',
    'ιδιοκτήτ',
  ],
  ...[
    '管理者',
    '管理员',
    '管理員',
    '管理人',
    '系统管理',
    '系統管理',
    '所有者',
    '擁有者',
    '拥有者',
    '特権',
    '特权',
    '特權',
  ],
  ...['관리자', '소유자', 'مدير', 'مسؤول', 'مالك', 'מנהל', 'בעלים', 'ผู้ดูแล', 'เจ้าของ', 'प्रशासक', 'व्यवस्थापक'],
  ...['প্রশাসক', 'நிர்வாகி', 'ადმინისტ', 'ադմին'],
]

const pattern = (words: readonly string[]) => words.map((word) => word.replaceAll('l', 'i')).join('|')
const PRIVILEGE = new RegExp(pattern(LATIN))
const PRIVILEGE_WORD = new RegExp(`(?<!\\p{L})(${pattern(LATIN_WORDS)})(?!\\p{L})`, 'u')
const PRIVILEGE_ELSEWHERE = new RegExp(OTHER_SCRIPTS.map((word) => word.normalize('NFKC')).join('|'), 'iu')

/**
 * Recognises names of privileges in any script and spelling that a person would take for one, and `further` names. A name
 * that imitates another, or hides letters, counts as one. A false match costs one question too many; a miss lets an
 * administrator through.
 */
export function privilegeNames(further: readonly string[] = []): NamesPrivilege {
  const others = new Set(further.map(skeletonOf))
  return (name) => {
    if (name === undefined) return false
    const skeleton = skeletonOf(name)
    return (
      PRIVILEGE.test(skeleton) ||
      PRIVILEGE_WORD.test(skeleton) ||
      PRIVILEGE_ELSEWHERE.test(name.normalize('NFKC')) ||
      others.has(skeleton) ||
      cautionOf({ name }) !== undefined
    )
  }
}

/** Whether an account is an administrator's: by what the app says of it, by its role, a group or another attribute. */
export const isAdministrator = (
  { admin, role, userType, licence, groups = [], custom = {} }: Account,
  namesPrivilege: NamesPrivilege,
): boolean =>
  admin === true ||
  [role, userType, licence, ...groups, ...attributesIn(custom)].some((name) => namesPrivilege(name))

/** What of these values could give or take a privilege, by name; `true` stands for the app's own mark of administrators. */
export const privilegesIn = ({ admin, role, licence, custom = {} }: AccountFields): (string | true)[] => [
  ...(admin === undefined ? [] : [true as const]),
  ...[role, licence].filter((name) => name !== undefined),
  ...attributesIn(custom),
]

/** "isAdmin true": names and values of attributes; one that is switched off gives nothing. */
const attributesIn = (custom: NonNullable<AccountFields['custom']>): string[] =>
  Object.entries(custom).flatMap(([name, value]) =>
    value === false ? [] : [`${name} ${[value].flat().join(' ')}`],
  )

// Names of roles and licences that let nobody do more than everybody may.
const LOW =
  /^(|users?|members?|viewers?|guests?|learners?|employees?|basic|standard|free|none|limited|read.?(only|ers?))$/

/** Attributes that say what an account may do. */
const ENTITLEMENT =
  /role|licen[sc]e|bundle|permission|entitle|privilege|group|access|scope|profile|right|level|tier/i

/** What a change of these fields does to the access that the account has; `before` is absent for a new account. */
export function accessWeights(
  { role, licence, admin, custom = {} }: AccountFields,
  before: AccountFields | undefined,
  { attributes = {} }: Pick<Facts, 'attributes'>,
): Weight[] {
  const ranks = Object.entries({ role, licence }).flatMap(([name, value]) => {
    if (value === undefined) return []
    const had = before?.[name as 'role' | 'licence']
    return [
      ...(isLow(value) ? [] : (['gives'] as const)),
      ...(before && !(had !== undefined && isLow(had)) ? (['removes'] as const) : []),
    ]
  })
  const entitles = Object.keys(custom).some((name) => ENTITLEMENT.test(`${name} ${attributes[name] ?? ''}`))
  return [
    ...ranks,
    ...(admin === undefined ? [] : [admin ? ('gives' as const) : ('removes' as const)]),
    ...(entitles ? (before ? (['gives', 'removes'] as const) : (['gives'] as const)) : []),
  ]
}

const isLow = (name: string): boolean => LOW.test(name.normalize('NFKC').trim().toLowerCase())
