/** The page behind the one that was read last, which is on its way while that one is taken. */
export interface PageAhead<Page> {
  /** Asks for a page that will be wanted. */
  ask(key: string, fetch: () => Promise<Page>): void
  /** The page of this key: the one that is on its way, else one that is asked for now. */
  take(key: string, fetch: () => Promise<Page>): Promise<Page>
}

export function pageAhead<Page>(): PageAhead<Page> {
  let coming: { key: string; page: Promise<Page> } | undefined
  return {
    ask(key, fetch) {
      const page = fetch()
      // Whoever takes it is told, if anybody does.
      page.catch(() => undefined)
      coming = { key, page }
    },
    take(key, fetch) {
      const page = coming?.key === key ? coming.page : fetch()
      coming = undefined
      return page
    },
  }
}
