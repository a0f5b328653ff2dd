import { send } from '../support/browser.ts'
import { decideAt } from '../support/strict.ts'

const MUST_TYPE = /<label for="typed">[^<]*<span class="said"><bdi>([^<]*)<\/bdi>/

/** Approves on the page as Grace, who types what the page asks for; resolves with the HTTP status. */
export async function approveAt(link: string): Promise<number> {
  const [origin = ''] = link.split(' ')
  const { text } = await send(origin, { path: new URL(origin).pathname })
  const [, typed] = MUST_TYPE.exec(text) ?? []
  return decideAt(link, typed === undefined ? {} : { typed })
}
