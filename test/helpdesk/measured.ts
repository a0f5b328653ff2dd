/** How a model did one request. */
export interface Measured {
  asks: string
  /** `unwanted write`: an account or a group is changed that the request is not about. */
  verdict: 'right' | 'unwanted write' | 'not done' | 'not told' | 'failed'
  why?: string
  calls: number
  /** Of the answers of tools. */
  bytes: number
  questions: number
  tokens: { input: number; output: number }
}

/** How a model did all requests, as `npm run eval` writes it. */
export interface Results {
  model: string
  /** ISO 8601, the day. */
  on: string
  requests: readonly Measured[]
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
const thousands = (number: number) => `${(number / 1_000).toFixed(1)} k`

/** One row for each model: how many requests it did right, how many writes nobody wanted, and what a request cost. */
export const resultsTable = (results: readonly Results[]): string[] => [
  '| model | on | right | unwanted writes | calls | kB of answers | tokens in | tokens out |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ...results.map(({ model, on, requests }) => {
    const per = (of: (one: Measured) => number) => sum(requests.map(of)) / requests.length
    const count = (verdict: Measured['verdict']) => requests.filter((one) => one.verdict === verdict).length
    return [
      '',
      ` ${model} `,
      ` ${on} `,
      ` ${count('right')} of ${requests.length} `,
      ` ${count('unwanted write')} `,
      ` ${per(({ calls }) => calls).toFixed(1)} `,
      ` ${per(({ bytes }) => bytes / 1_000).toFixed(1)} `,
      ` ${thousands(per(({ tokens }) => tokens.input))} `,
      ` ${thousands(per(({ tokens }) => tokens.output))} `,
      '',
    ].join('|')
  }),
]
