import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const GRAPH_CLIENT = join(
  import.meta.dirname,
  '../interop/node_modules/@microsoft/microsoft-graph-client/lib/src/index.js',
)

/** It is installed apart, as all that only a test of a vendor needs; `.ci/run` does that. */
export const noGraphClient = !existsSync(GRAPH_CLIENT) && !process.env.IDENTITY_MCP_FULL

/** As much of a request of that client as is used here. */
interface GraphRequest {
  filter(text: string): GraphRequest
  search(text: string): GraphRequest
  select(names: string[]): GraphRequest
  expand(text: string): GraphRequest
  top(count: number): GraphRequest
  count(wanted: boolean): GraphRequest
  header(name: string, value: string): GraphRequest
  get(): Promise<GraphBody>
  post(body: unknown): Promise<GraphBody>
  patch(body: unknown): Promise<GraphBody>
  delete(): Promise<GraphBody>
}

interface GraphBody {
  id?: string
  '@odata.nextLink'?: string
  value?: GraphRow[]
  '@odata.count'?: number
  [more: string]: unknown
}
type GraphRow = Record<string, unknown> & { id: string }

export interface GraphClient {
  api(path: string): GraphRequest
}

/** Microsoft's own client with this token, and its way to read a list to the end. */
export async function openGraphClient(baseUrl: string, token: string) {
  const { Client, HTTPMessageHandler } = await import(pathToFileURL(GRAPH_CLIENT).href)
  // The client's own way to send a token takes https alone, and this service is on a loopback host.
  const transport = new HTTPMessageHandler()
  const authorization = { Authorization: `Bearer ${token}` }
  const middleware = {
    execute(context: { options?: { headers?: Record<string, string> } }) {
      context.options = { ...context.options, headers: { ...context.options?.headers, ...authorization } }
      return transport.execute(context)
    },
  }
  const client: GraphClient = Client.initWithMiddleware({
    baseUrl: `${baseUrl}/`,
    defaultVersion: 'v1.0',
    middleware,
  })
  // Its own iterator takes links over https alone, too.
  const everything = async ({ value = [], '@odata.nextLink': next }: GraphBody): Promise<GraphRow[]> => {
    if (next === undefined) return value
    const request = client.api(next.slice(`${baseUrl}/v1.0`.length))
    return [...value, ...(await everything(await request.header('ConsistencyLevel', 'eventual').get()))]
  }
  return { client, everything }
}
