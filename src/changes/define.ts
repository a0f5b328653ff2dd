import type * as z from 'zod'
import type { BriefedAccount } from '../domain/briefing.ts'
import type { Change, ChangeName, Does, Shown } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'
import type { AccountFields, Operations, RequestContext } from '../domain/operations.ts'
import type { Aspect, PastChange, Reader, Recalled, Reversal } from './inverse.ts'

/** As much of a tenant as a change is judged by and read back from. */
export interface App {
  facts: Facts
  operations: Operations
}

/** Where a change is made, as a person is told. */
export interface Where {
  tenant: string
  /** As people call the app. */
  title: string
}

/** What an app shows of a change; `problem` says in what it does not show it. */
export interface Look extends Shown {
  problem?: string
}

/** Names that a change introduces and a person must be able to trust, each under what it is called. */
export interface NewNames {
  /** Whom or what they name, as the warning says. */
  about: string
  names: Readonly<Record<string, string | undefined>>
}

/**
 * Whatever a kind of change is asked anywhere. Every field is required and none has a default: a kind that does not say
 * whether it can be taken back does not compile.
 */
interface Described<Name extends ChangeName> {
  operation: Name
  /** Begins the page's headline, before "2 accounts in Netskope". */
  verb: string
  /** What it does to access as a rule; guards and settings tell kinds apart by it. */
  does: Does
  /** What just this change does. */
  weighs(change: Change<Name>): Does
  /** What there is afterwards that was not there before. */
  makes: 'account' | 'group' | 'nothing'
  /** The values that it gives an account; empty where it gives none. */
  sets(change: Change<Name>): AccountFields
  /** The values that those replace, as a person was shown them; empty where none are replaced. */
  replaces(change: Change<Name>): AccountFields
  /** Whether an administrator among its accounts could no longer act as one afterwards. */
  takesAdministrator(change: Change<Name>): boolean
  /** Whether it gives or takes power over others. */
  changesPrivilege(change: Change<Name>): boolean
  /** The names that it introduces. */
  newNames(change: Change<Name>): NewNames[]
  /** What a person judges, one sentence a line; text of apps and agents stands quoted in it. */
  sentences(change: Change<Name>, where: Where): string[]
  /** What the app does besides, which a person must know before agreeing; empty where there is nothing to say. */
  consequence(change: Change<Name>, facts: Facts): string
  /** Whether the app lets it be taken back; undefined where nobody knows. */
  reversible(app: App): boolean | undefined
  /** What the page shows: the group concerned, with who named it, and each account with what changes for it. */
  briefing(change: Change<Name>): {
    group?: { name: string; from: 'app' | 'agent' }
    accounts: BriefedAccount[]
  }
  /** What the page calls the groups and the licence that go with the access; `null` where they are not lost. */
  losing: { groups: string | null; licence: string | null }
  /** Reads once what came of it. */
  readBack(change: Change<Name>, app: App, context: RequestContext): Promise<Look>
  /** What an app has already in the place of what it says it can't make a second time; empty for a kind that makes nothing. */
  readTwin(change: Change<Name>, app: App, context: RequestContext): Promise<Look>
}

/** What the journal keeps of a change, and what can be told and undone from that. */
interface Kept<Name extends ChangeName, Image> {
  /** What a write found and what it was to make of that: enough to take it back, and to see whether others went on. */
  image: z.ZodType<Image>
  /** The before-image, from what was read when the plan was made; it holds no secrets. */
  imageOf(change: Change<Name>): Image
  /** What later undoing must leave alone once this kind has written it again. */
  touches(image: Image): readonly Aspect[]
  /** What the write found, for the reader of the journal; empty where it found nothing. */
  story(image: Image): string
  /** The change that takes it back, or why there is none, from what the app shows at this moment. */
  inverse(past: PastChange, image: Image, read: Reader): Promise<Reversal>
}

/** What one write found, as JSON; the kind that `operation` names knows the rest of it. */
export interface BeforeImage extends Record<string, unknown> {
  operation: string
}

export interface ChangeKind<Name extends ChangeName = ChangeName> extends Described<Name> {
  /** The before-image, as the journal keeps it. */
  imageOf(change: Change<Name>): BeforeImage
  /** The same as it comes back from the journal; undefined where it is not whole. */
  recall(image: BeforeImage): Recalled | undefined
}

/** Types a kind by its own before-image; the list of kinds holds them all as one type. */
export function defineChange<Name extends ChangeName, Image extends Record<string, unknown>>(
  kind: Described<Name> & Kept<Name, Image>,
): ChangeKind<Name> {
  const { image, imageOf, touches, story, inverse, ...described } = kind
  return {
    ...described,
    imageOf: (change) => ({ operation: kind.operation, ...imageOf(change) }),
    recall(kept) {
      const whole = image.safeParse(kept).data
      return (
        whole && {
          touches: touches(whole),
          story: story(whole),
          inverse: (past, read) => inverse(past, whole, read),
        }
      )
    },
  }
}
