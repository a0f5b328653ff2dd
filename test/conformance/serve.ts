// Serves what the conformance suite asks for over the same stack as the product, on the port named as argument.
import { McpServer } from '@modelcontextprotocol/server'
import { logTo } from '../../src/log.ts'
import { openAccessTokens } from '../../src/store/access-tokens.ts'
import { memoryStore } from '../../src/store/open.ts'
import { authentication } from '../../src/transports/auth.ts'
import { openDoor } from '../../src/transports/http.ts'
import { prometheus } from '../../src/transports/metrics.ts'
import { offerAnswers } from './answers.ts'
import { codec, offerQuestions } from './questions.ts'

const log = logTo(process.stderr, 'error')
const authenticate = await authentication('none', openAccessTokens(memoryStore()))

const door = await openDoor(
  { host: '127.0.0.1', port: Number(process.argv[2] ?? 0), metrics: prometheus(), log },
  (address) => {
    process.stderr.write(`serving at ${address}/mcp\n`)
    return {
      hosts: ['localhost', '127.0.0.1', '[::1]'],
      proxied: false,
      authenticate,
      factory: () => {
        const mcp = new McpServer(
          { name: 'conformance', version: '1.0.0' },
          {
            capabilities: {
              tools: {},
              resources: { subscribe: true },
              prompts: {},
              logging: {},
              completions: {},
            },
            requestState: { verify: codec.verify },
          },
        )
        offerAnswers(mcp)
        offerQuestions(mcp)
        return mcp
      },
      ready: async () => true,
      page: (_, response) => response.writeHead(404).end(),
      log,
    }
  },
)
process.once('SIGTERM', () => void door.close())
