import type { Browser, BrowserContextOptions } from 'playwright-core'
import type { TestClient, ToolResult } from './clients.ts'

/** What a client declares that shows views (MCP Apps). */
export const SHOWS_VIEWS = { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } }

/** A message of the view to its host. */
export interface ViewMessage {
  id?: number
  method?: string
  params?: { name?: string; url?: string; arguments?: unknown }
}

interface ViewTool {
  name: string
  _meta?: { ui?: { resourceUri?: string; visibility?: string[] } }
}

/** The policy that a host sets where a view declares no domains (MCP Apps, "Host Behavior"). */
const HOST_POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "media-src 'self' data:; connect-src 'none'"

interface HostOptions extends BrowserContextOptions {
  theme?: 'light' | 'dark'
  variables?: Record<string, string>
  /** What the host can do for views. */
  can?: Record<string, object>
}

/** A host in a browser that shows the view of a tool with this result, as MCP Apps 2026-01-26 says. */
export async function showView(
  browser: Browser,
  client: TestClient,
  { tool: name, args = {}, result }: { tool: string; args?: object; result: ToolResult },
  { theme = 'light', variables = {}, can = { openLinks: {}, serverTools: {} }, ...context }: HostOptions = {},
) {
  const tools = (await client.listTools()) as ViewTool[]
  const uri = tools.find((one) => one.name === name)?._meta?.ui?.resourceUri ?? ''
  const { contents } = (await client.readResource(uri)) as { contents: { text: string; mimeType: string }[] }
  const html = contents[0]?.text ?? ''

  const page = await (
    await browser.newContext({ viewport: { width: 720, height: 900 }, ...context })
  ).newPage()
  const messages: ViewMessage[] = []
  const requests: string[] = []
  const problems: string[] = []
  // What the policy keeps back never comes here.
  await page.route('**', (route) => {
    requests.push(route.request().url())
    return route.abort()
  })
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.exposeFunction('received', (message: ViewMessage) => void messages.push(message))
  // A host passes on what a view may call, and nothing else.
  await page.exposeFunction('callTool', async (called: string, input: unknown) => {
    const visibility = tools.find((one) => one.name === called)?._meta?.ui?.visibility ?? ['model', 'app']
    if (!visibility.includes('app')) throw new Error(`${called} is not for views`)
    return client.callTool(called, input)
  })
  await page.route('https://host.test/', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<!doctype html><html lang="en"><title>Host</title><iframe title="Card" sandbox="allow-scripts" style="width:100%;border:0"></iframe></html>',
    }),
  )
  await page.route('https://view.test/', (route) =>
    route.fulfill({
      contentType: 'text/html; charset=utf-8',
      headers: { 'content-security-policy': HOST_POLICY },
      body: html,
    }),
  )
  await page.goto('https://host.test/')
  await page.evaluate(hostScript, { name, args, result, theme, variables, can } as never)
  const handle = await page.waitForSelector('iframe')
  const frame = await handle.contentFrame()
  if (!frame) throw new Error('the view has no frame')
  await frame.waitForSelector('h1')
  return {
    page,
    view: frame,
    html,
    messages,
    /** What went over the network besides the host's page and the view. */
    requests,
    problems,
    methods: () => new Set(messages.map(({ method }) => method ?? 'an answer')),
    /** The host tells the view something. */
    tell: (method: string, params: object) =>
      page.evaluate(
        ([method, params]) =>
          (globalThis as unknown as HostWindow).tell({ jsonrpc: '2.0', method, params } as never),
        [method, params] as const,
      ),
    close: () => page.context().close(),
  }
}

interface HostWindow {
  tell(message: object): void
  received(message: object): void
  callTool(name: string, input: unknown): Promise<unknown>
}

/** Runs in the page of the host. */
function hostScript({ name, args, result, theme, variables, can }: Record<string, unknown>): void {
  // The types of a browser are not those of Node.
  // biome-ignore lint/suspicious/noExplicitAny: there is no DOM in the types of this project
  const world = globalThis as any
  const iframe = world.document.querySelector('iframe')
  let isReady = false
  world.tell = (message: object) => {
    if (!isReady) throw new Error('nothing is sent to a view before it is initialized')
    iframe.contentWindow.postMessage(message, '*')
  }
  const answer = (id: unknown, body: object) =>
    iframe.contentWindow.postMessage({ jsonrpc: '2.0', id, ...body }, '*')
  // biome-ignore lint/suspicious/noExplicitAny: the same
  world.addEventListener('message', async ({ source, data }: any) => {
    if (source !== iframe.contentWindow || data?.jsonrpc !== '2.0') return
    await world.received(data)
    const { id, method, params } = data
    if (method === 'ui/initialize') {
      answer(id, {
        result: {
          protocolVersion: '2026-01-26',
          hostInfo: { name: 'test-host', version: '1.0.0' },
          hostCapabilities: can,
          hostContext: { theme, styles: { variables }, toolInfo: { tool: { name } } },
        },
      })
    } else if (method === 'ui/notifications/initialized') {
      isReady = true
      world.tell({ jsonrpc: '2.0', method: 'ui/notifications/tool-input', params: { arguments: args } })
      world.tell({ jsonrpc: '2.0', method: 'ui/notifications/tool-result', params: result })
    } else if (method === 'ui/notifications/size-changed') {
      iframe.style.height = `${params.height}px`
    } else if (method === 'ui/open-link') answer(id, { result: {} })
    else if (method === 'tools/call') {
      try {
        answer(id, { result: await world.callTool(params.name, params.arguments) })
      } catch (error) {
        answer(id, { error: { code: -32000, message: String(error) } })
      }
    }
  })
  iframe.src = 'https://view.test/'
}
