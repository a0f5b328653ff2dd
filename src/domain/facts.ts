/** What to know of an app beyond its facts, in sentences. */
export interface Caveats {
  /** Of a deactivation, for whoever decides about one. */
  deactivate?: string | undefined
  /** Of a deletion. */
  delete?: string | undefined
  /** Whom the app does not show, so that nobody takes "not found" for "no access". */
  hides?: string | undefined
  /** When the token ends, and with whom. */
  token?: string | undefined
  more?: string | undefined
}

/** How an app behaves, whatever its settings; plans and notes are built from it. */
export interface Facts {
  deactivate: 'reversible' | 'deletes' | 'unknown'
  delete: 'hard' | 'soft' | 'deactivates' | 'unlinks' | 'unknown'
  endsSessions: 'yes' | 'no' | 'unknown'
  /** Whether a deactivation gives the seat back. */
  freesSeat?: 'yes' | 'no' | 'unknown'
  audit: 'none' | 'administrators' | 'users'
  /** Minutes until a change is enforced everywhere. */
  propagationMinutes?: number
  /** What custom attributes are in the app's schema, by their names here. */
  attributes?: Readonly<Record<string, string>>
  caveats?: Caveats | undefined
}

const CAVEATS: { readonly [Topic in keyof Caveats]-?: (text: string) => string } = {
  deactivate: (text) => `Deactivation: ${text}`,
  delete: (text) => `Deletion: ${text}`,
  hides: (text) => `Not shown, although they may have access: ${text}.`,
  token: (text) => `Token: ${text}`,
  more: (text) => text,
}

/** Whom the app does not show, as a sentence; undefined if nobody is known to be hidden. */
export const hiddenIn = ({ caveats }: Pick<Facts, 'caveats'>): string | undefined =>
  caveats?.hides === undefined ? undefined : CAVEATS.hides(caveats.hides)

/** Caveats as sentences, those of a deactivation first. */
export const caveatTexts = (caveats: Caveats = {}): string[] =>
  Object.entries(CAVEATS).flatMap(([topic, inWords]) => {
    const text = caveats[topic as keyof Caveats]
    return text === undefined ? [] : [inWords(text)]
  })
