import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Results, resultsTable } from './measured.ts'
import { requests } from './requests.ts'

const results = (): Results[] => JSON.parse(readFileSync(join(import.meta.dirname, 'models.json'), 'utf8'))

/** `docs/helpdesk.md`, as `npm run docs` writes it. */
export const helpdeskPage = (): string =>
  [
    '# Thirty requests of a helpdesk',
    '',
    'Written by `npm run docs` from `test/helpdesk/`, where each request is really made: by an agent that knows',
    'only `tools/list` and the answers of its calls, at four simulated apps and a server with default settings,',
    'save that budgets are large and `deactivateMeans` is known. The test fails if a request costs more than',
    'stands here, if it changes any other account or group, or if an answer calls complete what is unknown.',
    'Where something is not offered, the answers say so, with what does it and where.',
    '',
    'Calls, kilobytes of answers and questions to people are upper bounds.',
    '',
    '| | request | calls | kB | questions | how it ends |',
    '| --- | --- | --- | --- | --- | --- |',
    ...requests.map(({ asks, most, ends, gap }, index) =>
      [
        '',
        ` ${index + 1} `,
        ` ${asks} `,
        ` ${most.calls} `,
        ` ${most.kilobytes} `,
        ` ${most.questions} `,
        ` ${gap ? `**Not offered**: ${gap.why}. ${ends}` : ends} `,
        '',
      ].join('|'),
    ),
    '',
    '## Language models',
    '',
    '`npm run eval -- --model NAME` has a model do the same requests, each at such apps of its own. Whoever runs it gives a key',
    'in the environment: `ANTHROPIC_API_KEY` for the Messages API, `OPENAI_API_KEY` for any API in the form of chat completions,',
    'with `ANTHROPIC_BASE_URL` or `OPENAI_BASE_URL` for another address. The person at the desk agrees to whatever the model asks',
    'for, so what no request is about counts as an unwanted write. A request is right if exactly its accounts and groups differ',
    'afterwards, and the last words of the model hold what the person has to know.',
    '',
    ...modelRows(),
    '',
  ].join('\n')

function modelRows(): string[] {
  const measured = results()
  return measured.length > 0 ? resultsTable(measured) : ['No model has been measured with this version.']
}
