import type * as z from 'zod'
import type { BriefedAccount, BriefedChange, Words } from '../domain/briefing.ts'
import type { Change, ChangeName, Shown, Weight } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'
import type { AccountFields, Operations, RequestContext } from '../domain/operations.ts'
import type { AppReader, Aspect, PastChange, Recalled, Reversal } from './inverse.ts'

/** The part of a tenant that a change needs. */
interface TenantApp {
  facts: Facts
  operations: Operations
}

/** What a headline tells of a change, or of several that do the same. */
export interface Headlined extends Pick<BriefedChange, 'group' | 'accounts'> {
  /** Names one person, or counts several. */
  who: (accounts: readonly BriefedAccount[]) => Words
}

/** Where a change is made, in words for a person. */
export interface ChangeLocation {
  tenant: string
  /** Display name of the app. */
  title: string
  /** Who makes changes there by hand, where nobody else can. */
  owner?: string | undefined
}

/** What an app shows of a change; `problem` says what it does not show. */
export interface Observed extends Shown {
  problem?: string
  /** The app shows nothing of the change. */
  untouched?: true
}

/** A case of a kind of change, in words that follow "when it", and what it weighs. */
export interface WeightCase {
  when: string
  weights: readonly Weight[]
}

/** Names that a change introduces and a person must be able to trust, each under what it is called. */
export interface NewNames {
  /** What they name, for the warning. */
  about: string
  names: Readonly<Record<string, string | undefined>>
}

/**
 * All that a kind of change defines. Every field is required and none has a default: a kind that does not say whether
 * it can be undone does not compile.
 */
interface KindDefinition<Name extends ChangeName> {
  operation: Name
  /** What is done, to whom and in which direction, in the fewest words: "Take 20 people out of Marketing". */
  headline(change: Headlined): Words
  /** What such a change can weigh at an app that behaves like this, the plain case first. */
  cases(facts: Facts): readonly WeightCase[]
  /**
   * What this change weighs for one of its accounts, or for what it creates; guards and settings distinguish changes by
   * it. What is not known counts as the worst.
   */
  weighs(change: Change<Name>, facts: Facts, id: string | undefined): readonly Weight[]
  /** What it creates. */
  makes: 'account' | 'group' | 'nothing'
  /** The values that it sets on an account; can be empty. */
  sets(change: Change<Name>): AccountFields
  /** The values that it replaces, as a person was shown them; can be empty. */
  replaces(change: Change<Name>): AccountFields
  /** Whether an administrator among its accounts would lose the rights or the access. */
  takesAdministrator(change: Change<Name>): boolean
  /** Names of roles, groups and attributes that it gives or takes; `true` for the app's mark of an administrator. */
  privileges(change: Change<Name>): readonly (string | true)[]
  /** The names that it introduces. */
  newNames(change: Change<Name>): NewNames[]
  /** What a person judges, one sentence per line; text from apps and agents is quoted. */
  sentences(change: Change<Name>, where: ChangeLocation): string[]
  /** Side effects in the app that a person must know before agreeing; can be empty. */
  consequence(change: Change<Name>, facts: Facts): string
  /** Whether the app lets it be undone; undefined if not known. */
  reversible(app: TenantApp): boolean | undefined
  /** What the approval page shows: the group, with who named it, and each account with its changes. */
  briefing(change: Change<Name>): {
    group?: { name: string; from: 'app' | 'agent' }
    accounts: BriefedAccount[]
  }
  /** Labels on the approval page for groups and licence lost with the access; `null` if they are not lost. */
  losing: { groups: string | null; licence: string | null }
  /** Whether an app that refuses it has certainly changed nothing; several records may have been changed one by one. */
  allOrNothing(change: Change<Name>): boolean
  /** Reads the result once. `created` is the id of what a creation made, if the app's reply had it. */
  readBack(change: Change<Name>, app: TenantApp, context: RequestContext, created?: string): Promise<Observed>
  /** After a conflict, reads what exists already; empty for a kind that creates nothing. */
  readTwin(change: Change<Name>, app: TenantApp, context: RequestContext): Promise<Observed>
}

/** What the journal keeps of a change, and how to explain and undo the change from that. */
interface KindHistory<Name extends ChangeName, Image> {
  /** What a write found and what it was to set: enough to undo it, and to detect later changes. */
  image: z.ZodType<Image>
  /** The before-image, from what was read when the plan was made; it contains no secrets. */
  imageOf(change: Change<Name>): Image
  /** The aspects that it writes; undoing an earlier write leaves them alone. */
  touches(image: Image): readonly Aspect[]
  /** The state before, for the reader of the journal; can be empty. */
  story(image: Image): string
  /** The change that undoes it, or why there is none, given what the app shows now. */
  inverse(past: PastChange, image: Image, read: AppReader): Promise<Reversal>
}

/** A before-image, as JSON; the kind named by `operation` knows its other fields. */
export interface BeforeImage extends Record<string, unknown> {
  operation: string
}

export interface ChangeKind<Name extends ChangeName = ChangeName> extends KindDefinition<Name> {
  /** The before-image, as the journal keeps it. */
  imageOf(change: Change<Name>): BeforeImage
  /** Restores a before-image from the journal; undefined if it is incomplete. */
  recall(image: BeforeImage): Recalled | undefined
}

/** Types a kind by its own before-image; the list of kinds holds them all as one type. */
export function defineChange<Name extends ChangeName, Image extends Record<string, unknown>>(
  kind: KindDefinition<Name> & KindHistory<Name, Image>,
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
