import { type McpServer, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server'
import type { Approvals } from '../approvals/approvals.ts'
import type { Tool } from '../engine/tool.ts'
import type { WireTool } from '../tools/to-wire.ts'
import { VIEWS, type View } from '../views/views.ts'

/** MCP Apps (SEP-1865): pages that a host shows beside the answers of tools. */
export const APPS = 'io.modelcontextprotocol/ui'
const VIEW_TYPE = 'text/html;profile=mcp-app'
const OUTLINE = 'io.github.identity-mcp-server/outline'

/** Whether a client that declares this of the extension shows such pages. */
export const showsViews = (declared: unknown): boolean => {
  const { mimeTypes } = (declared ?? {}) as { mimeTypes?: unknown }
  return Array.isArray(mimeTypes) && mimeTypes.includes(VIEW_TYPE)
}

const uriOf = (view: View) => `ui://identity-mcp/${view}`

const viewOf = ({ view, effect }: Tool): View | undefined =>
  view ?? (effect === 'reads' ? undefined : 'change')

/** A tool as it is listed for a client that shows views. Of all tools a view may call only the one that tells of a run. */
export function withView(tool: Tool, wire: WireTool) {
  const view = viewOf(tool)
  const ui = {
    ...(view && { resourceUri: uriOf(view) }),
    ...((tool.effect !== 'reads' || view !== 'run') && { visibility: ['model'] }),
  }
  return { ...wire, _meta: { ui } }
}

/** Lets clients read the views, which hold no data: the host gives each the answer that it shows. */
export function registerViews(mcp: McpServer): void {
  mcp.registerResource(
    'view',
    new ResourceTemplate(uriOf('{view}' as View), { list: undefined }),
    { title: 'Card', description: 'Shows an answer, in hosts that show MCP Apps.', mimeType: VIEW_TYPE },
    async (uri, { view: named }) => {
      const view = VIEWS.find((one) => one === named)
      if (!view) throw new ResourceNotFoundError(uri.href, `There is no card ${uri.href}.`)
      const { viewPage } = await import('../views/page.ts')
      return {
        contents: [{ uri: uri.href, mimeType: VIEW_TYPE, text: await viewPage(view), _meta: { ui: FRAME } }],
      }
    },
  )
}

/** Nothing is loaded from anywhere, and nothing of the browser is used. */
const FRAME = {
  csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] },
  permissions: {},
  prefersBorder: true,
}

/** What goes with an answer for the view alone: the outline of the request that it waits for. */
export async function besideAnswer(
  answer: Record<string, unknown>,
  approvals: Pick<Approvals, 'get' | 'earlier'>,
): Promise<{ _meta?: Record<string, unknown> }> {
  const { id } = (answer.approval ?? {}) as { id?: string }
  const approval = id === undefined ? undefined : await approvals.get(id)
  if (!approval) return {}
  const { outlineOf } = await import('../approvals/outline.ts')
  const outline = outlineOf(approval, await approvals.earlier(approval))
  return outline ? { _meta: { [OUTLINE]: outline } } : {}
}
