// Speaks with the host of the view, as MCP Apps 2026-01-26 (SEP-1865) says: JSON-RPC over postMessage.

/** The capabilities of the host, once it has told them. */
let host = {}
const waiting = new Map()
let lastId = 0

// The sandbox of the host has no origin that could be named. Nothing that is sent is a secret.
const post = (message) => parent.postMessage({ jsonrpc: '2.0', ...message }, '*')

/** What the host answers; rejects if it answers an error. */
function request(method, params) {
  lastId += 1
  const id = lastId
  const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  post({ id, method, params })
  return answer
}

/** Whether the host opens links, and whether it calls tools for the view. */
export const opensLinks = () => host.openLinks !== undefined
export const callsTools = () => host.serverTools !== undefined

export const openLink = (url) => request('ui/open-link', { url })

/** The one call that a view makes: it reads how far a run is. */
export const askRun = (runId) => request('tools/call', { name: 'get_run', arguments: { runId } })

/** Begins to speak with the host; `show` is given each result of the tool. */
export async function begin(show) {
  const notified = {
    'ui/notifications/tool-result': show,
    'ui/notifications/tool-cancelled': () => show({ cancelled: true }),
    'ui/notifications/host-context-changed': dress,
  }
  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data?.jsonrpc !== '2.0') return
    const { id, method, params, result, error } = data
    if (method === undefined) {
      const asked = waiting.get(id)
      waiting.delete(id)
      if (error) asked?.reject(error)
      else asked?.resolve(result)
    } else if (id === undefined) {
      if (Object.hasOwn(notified, method)) notified[method](params ?? {})
    } else if (method === 'ping' || method === 'ui/resource-teardown') {
      post({ id, result: {} })
    } else {
      post({ id, error: { code: -32601, message: 'Method not found' } })
    }
  })
  const { hostCapabilities, hostContext } = await request('ui/initialize', {
    appInfo: { name: 'identity-mcp', version: '1.0.0' },
    appCapabilities: { availableDisplayModes: ['inline'] },
    protocolVersion: '2026-01-26',
  })
  host = hostCapabilities ?? {}
  dress(hostContext ?? {})
  post({ method: 'ui/notifications/initialized' })
  new ResizeObserver(tellSize).observe(document.body)
}

let lastHeight = 0
function tellSize() {
  const height = Math.ceil(document.body.getBoundingClientRect().height)
  if (height === lastHeight) return
  lastHeight = height
  post({
    method: 'ui/notifications/size-changed',
    params: { width: document.documentElement.clientWidth, height },
  })
}

/** Takes over theme and colours of the host, as far as it tells them. */
function dress({ theme, styles }) {
  const { style } = document.documentElement
  if (theme === 'light' || theme === 'dark') style.colorScheme = theme
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (name.startsWith('--') && typeof value === 'string') style.setProperty(name, value)
  }
}
