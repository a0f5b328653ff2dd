// Measures how a language model does the requests of test/helpdesk: npm run eval -- --model NAME [--api anthropic|openai] [--only N,M] [--save]
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Measured, type Results, resultsTable } from '../test/helpdesk/measured.ts'
import { requests } from '../test/helpdesk/requests.ts'
import { anthropicModel } from './eval/anthropic.ts'
import { evaluate } from './eval/evaluate.ts'
import type { Model, ModelSettings } from './eval/model.ts'
import { openaiModel } from './eval/openai.ts'

const RESULTS = 'test/helpdesk/models.json'

const APIS = {
  anthropic: {
    key: 'ANTHROPIC_API_KEY',
    url: 'ANTHROPIC_BASE_URL',
    at: 'https://api.anthropic.com',
    open: anthropicModel,
  },
  openai: {
    key: 'OPENAI_API_KEY',
    url: 'OPENAI_BASE_URL',
    at: 'https://api.openai.com/v1',
    open: openaiModel,
  },
} satisfies Record<string, { key: string; url: string; at: string; open: (settings: ModelSettings) => Model }>

const USAGE = `npm run eval -- --model NAME [--api anthropic|openai] [--only 1,2] [--save]

  --model   The model, as its API calls it.
  --api     anthropic: the Messages API, with the key in ANTHROPIC_API_KEY. openai: any API in the form of OpenAI's
            chat completions, with the key in OPENAI_API_KEY. Default: anthropic for claude-…, openai for all others.
            ANTHROPIC_BASE_URL and OPENAI_BASE_URL name another address, such as that of a local model.
  --only    Numbers of requests of docs/helpdesk.md. Default: all.
  --save    Puts the result into ${RESULTS}; npm run docs then writes it into docs/helpdesk.md.

The model works at simulated apps on this machine. It is sent the requests, the tools and their answers, which are made up.
`

/** Ends the program as wrong usage. */
function wrong(problem: string): never {
  process.stderr.write(`${problem}\n\n${USAGE}`)
  process.exit(2)
}

function readWords() {
  try {
    return parseArgs({
      options: {
        model: { type: 'string' },
        api: { type: 'string' },
        only: { type: 'string' },
        save: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error))
  }
}

function modelOf(name: string | undefined, api = name?.startsWith('claude') ? 'anthropic' : 'openai'): Model {
  if (!name) return wrong('Which model?')
  if (api !== 'anthropic' && api !== 'openai') return wrong(`There is no API ${api}.`)
  const { key: variable, url, at, open } = APIS[api]
  const key = process.env[variable]
  if (!key)
    return wrong(
      `${variable} holds no key. Set it in the environment; it is sent to the API alone and never written.`,
    )
  return open({ name, key, url: process.env[url] ?? at })
}

function chosen(only: string | undefined) {
  const numbers = only?.split(',').map(Number)
  if (numbers?.some((one) => !requests[one - 1]))
    return wrong(`--only takes numbers from 1 to ${requests.length}.`)
  return numbers ? requests.filter((_, index) => numbers.includes(index + 1)) : requests
}

const { model: name, api, only, save } = readWords()
const model = modelOf(name, api)
const wanted = chosen(only)
if (save && wanted.length < requests.length) wrong('--save takes all requests, without --only.')
const measured: Measured[] = []
for (const request of wanted) {
  const one = await evaluate(model, request)
  measured.push(one)
  const { verdict, why, calls, bytes, tokens } = one
  process.stdout.write(
    `${verdict === 'right' ? '✓' : '✗'} ${request.asks}\n    ${[verdict, why].filter(Boolean).join(': ')} (${calls} calls, ${(bytes / 1_000).toFixed(1)} kB, ${tokens.input} + ${tokens.output} tokens)\n`,
  )
}
const results: Results = { model: model.name, on: new Date().toISOString().slice(0, 10), requests: measured }
process.stdout.write(`\n${resultsTable([results]).join('\n')}\n`)
if (save) {
  const kept = (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results[]).filter(
    (one) => one.model !== model.name,
  )
  writeFileSync(RESULTS, `${JSON.stringify([...kept, results], null, 2)}\n`)
}
process.exitCode = measured.some(({ verdict }) => verdict === 'unwanted write') ? 1 : 0
