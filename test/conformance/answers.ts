import { setTimeout } from 'node:timers/promises'
import {
  type CallToolResult,
  completable,
  type McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server'
import * as z from 'zod'

/** A PNG of one red pixel, and a WAV of no sound. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='
const PAUSE_MS = 50

type Content = CallToolResult['content'][number]
const image: Content = { type: 'image', data: PNG, mimeType: 'image/png' }
const text = (words: string): Content => ({ type: 'text', text: words })
const resource = (uri: string, mimeType: string, words: string): Content => ({
  type: 'resource',
  resource: { uri, mimeType, text: words },
})

const TOOLS: Record<string, Content[]> = {
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  test_embedded_resource: [
    resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ],
  test_multiple_content_types: [
    text('Multiple content types test:'),
    image,
    resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ],
}

const NOTHING = z.object({})
const TWO = z.object({ arg1: completable(z.string(), () => []), arg2: z.string() })
const ONE_URI = z.object({ resourceUri: z.string() })
const user = (content: Content) => ({ role: 'user' as const, content })

/** The tools, resources and prompts that the conformance suite names and that only answer. */
export function offerAnswers(mcp: McpServer): void {
  for (const [name, content] of Object.entries(TOOLS)) {
    mcp.registerTool(name, { description: 'Answers what the suite expects.', inputSchema: NOTHING }, () => ({
      content,
    }))
  }
  mcp.registerTool('test_error_handling', { description: 'Always fails.', inputSchema: NOTHING }, () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  mcp.registerTool(
    'test_tool_with_progress',
    { description: 'Tells how far it has come.', inputSchema: NOTHING },
    async (_, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) {
          await mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 100 },
          })
        }
        await setTimeout(PAUSE_MS)
      }
      return { content: [text('done')] }
    },
  )
  for (const name of ['test_tool_with_logging', 'test_logging_tool']) {
    mcp.registerTool(
      name,
      { description: 'Logs while it runs.', inputSchema: NOTHING },
      async (_, { mcpReq }) => {
        for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
          await mcpReq.log('info', line)
          await setTimeout(PAUSE_MS)
        }
        return { content: [text('done')] }
      },
    )
  }
  offerResources(mcp)
  offerPrompts(mcp)
}

function offerResources(mcp: McpServer): void {
  const about = { description: 'A resource for testing.' }
  mcp.registerResource('text', 'test://static-text', { ...about, mimeType: 'text/plain' }, ({ href }) => ({
    contents: [
      { uri: href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
    ],
  }))
  mcp.registerResource('binary', 'test://static-binary', { ...about, mimeType: 'image/png' }, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'image/png', blob: PNG }],
  }))
  mcp.registerResource('watched', 'test://watched-resource', about, ({ href }) => ({
    contents: [{ uri: href, text: 'watched' }],
  }))
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined })
  mcp.registerResource('template', template, about, ({ href }, { id }) => {
    const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
    return { contents: [{ uri: href, mimeType: 'application/json', text: data }] }
  })
  mcp.server.setRequestHandler('resources/subscribe', () => ({}))
  mcp.server.setRequestHandler('resources/unsubscribe', () => ({}))
}

function offerPrompts(mcp: McpServer): void {
  const about = { description: 'A prompt for testing.' }
  mcp.registerPrompt('test_simple_prompt', about, () => ({
    messages: [user(text('This is a simple prompt for testing.'))],
  }))
  mcp.registerPrompt('test_prompt_with_arguments', { ...about, argsSchema: TWO }, ({ arg1, arg2 }) => ({
    messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
  }))
  mcp.registerPrompt(
    'test_prompt_with_embedded_resource',
    { ...about, argsSchema: ONE_URI },
    ({ resourceUri }) => ({
      messages: [
        user(resource(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        user(text('Please process the embedded resource above.')),
      ],
    }),
  )
  mcp.registerPrompt('test_prompt_with_image', about, () => ({
    messages: [user(image), user(text('Please analyze the image above.'))],
  }))
}
