import { requests } from './requests.ts'

/** `docs/helpdesk.md`, as `npm run docs` writes it. */
export const helpdeskPage = (): string =>
  [
    '# Twenty requests of a helpdesk',
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
  ].join('\n')
