import { type McpServer, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { IdentityError } from '../errors.ts'
import { PROMPTS, promptText } from './prompts.ts'
import type { Completions } from './register-resources.ts'

/** Most values of a completion (MCP, server/utilities/completion). */
const MAX_VALUES = 100

/** Offers the prompts whose tools are offered, and completes what they and the resources are told. */
export function registerPrompts(
  mcp: McpServer,
  {
    offers,
    tenants,
    resources,
  }: { offers: (tool: string) => boolean; tenants: readonly string[]; resources: Completions },
): void {
  mcp.server.setRequestHandler('prompts/list', () => ({
    prompts: PROMPTS.filter(({ needs }) => offers(needs)).map(
      ({ name, title, description, arguments: told }) => ({
        ...{ name, title, description },
        arguments: told.map(({ name, description, required }) => ({ name, description, required })),
      }),
    ),
  }))
  mcp.server.setRequestHandler('prompts/get', async ({ params }) => {
    try {
      const text = await promptText(params.name, params.arguments ?? {})
      return { messages: [{ role: 'user', content: { type: 'text', text } }] }
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${error.message} ${error.hint}`)
    }
  })
  mcp.server.setRequestHandler('completion/complete', ({ params: { ref, argument } }) => {
    const known =
      ref.type === 'ref/prompt'
        ? PROMPTS.find(({ name }) => name === ref.name)?.arguments.some(
            ({ name, isTenant }) => name === argument.name && isTenant,
          )
          ? tenants
          : []
        : Object.hasOwn(resources, ref.uri)
          ? (resources[ref.uri]?.[argument.name] ?? [])
          : []
    const values = known.filter((value) => value.startsWith(argument.value))
    return {
      completion: {
        values: values.slice(0, MAX_VALUES),
        total: values.length,
        hasMore: values.length > MAX_VALUES,
      },
    }
  })
}
