import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
} from '@modelcontextprotocol/server'
import * as z from 'zod'
import { plainText } from '../text/text.ts'

/** The Skills extension (SEP-2640): what an agent reads before it does one of the tasks of the prompts. */
const SKILLS = 'io.modelcontextprotocol/skills'

const List = z.object({ cursor: z.string().optional() })
const Get = z.object({ uri: z.string() })

/** The pages are made when somebody asks for them. */
const loadPages = () => import('./skill-pages.ts')

/** Offers the skills whose tools are offered; the prompts are the same for people. */
export function registerSkills(
  mcp: McpServer,
  {
    offers,
    cache,
    isModern,
  }: {
    offers: (tool: string) => boolean
    cache: { ttlMs: number; cacheScope: 'private' }
    isModern: boolean
  },
): void {
  const { server } = mcp
  const cached = isModern ? cache : {}
  const offered = async () => {
    const { skillPages, entryOf, uriOfSkill } = await loadPages()
    return skillPages
      .filter(({ needs }) => offers(needs))
      .map((page) => ({ page, uri: uriOfSkill(page), entry: () => entryOf(page) }))
  }
  server.registerCapabilities({ extensions: { [SKILLS]: {} } })
  mcp.registerResource(
    'skill',
    new ResourceTemplate('skill://{+path}', { list: undefined }),
    { title: 'Skill', description: 'How to do a task with these tools.', mimeType: 'text/markdown' },
    async ({ href: uri }) => {
      const found = (await offered()).find((one) => one.uri === uri)
      if (!found) throw new ResourceNotFoundError(uri, `There is no skill ${plainText(uri, 256)}.`)
      return { contents: [{ uri, mimeType: 'text/markdown', text: found.page.text }] }
    },
  )
  server.setRequestHandler('skills/list', { params: List }, async () => ({
    skills: (await offered()).map(({ entry }) => entry()),
    ...cached,
  }))
  server.setRequestHandler('skills/get', { params: Get }, async ({ uri }) => {
    const found = (await offered()).find((one) => one.uri === uri)
    if (found) return { skill: found.entry(), ...cached }
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no skill ${plainText(uri, 256)}.`)
  })
}
