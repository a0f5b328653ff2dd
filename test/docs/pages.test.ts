import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import pkg from '../../package.json' with { type: 'json' }
import { linksIn, withoutCode } from '../../scripts/links.ts'
import { graceInATerminal } from '../../src/cli/demo/approver.ts'
import { acts } from '../../src/cli/demo/play.ts'
import { CLIENTS } from '../../src/clients/clients.ts'
import { PAGES } from './commands.ts'
import { ROOT } from './programs.ts'

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .replace(/[`*]|\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

const anchorsIn = (file: string) =>
  new Set([...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)))

describe('no link leads nowhere', () => {
  test.each(PAGES)('in %s', (page) => {
    const dead = linksIn(read(page))
      .filter((link) => !/^(https?|mailto):/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#')
        const file = path === '' ? page : join(dirname(page), path)
        if (!existsSync(join(ROOT, file))) return true
        return anchor !== undefined && file.endsWith('.md') && !anchorsIn(file).has(anchor)
      })
    expect(dead).toEqual([])
  })

  test('the pages have links to check', () => {
    expect(PAGES.map(read).flatMap(linksIn).length).toBeGreaterThan(100)
    expect(anchorsIn('README.md')).toContain('many-people')
  })
})

describe('the README', () => {
  const text = read('README.md')
  const [top = ''] = text.split('\n## ')

  test('says in ten lines what this is, for somebody who has never heard of MCP', () => {
    const paragraph = top.split('\n\n').at(-1)?.trim() ?? ''
    expect(paragraph.split('\n').length).toBeLessThanOrEqual(10)
    expect(paragraph).toMatch(/^Assistants/)
    expect(paragraph).toContain('MCP\nis the protocol')
  })

  test('has the picture, then what to type, then each client', () => {
    const places = [
      'docs/demo.svg',
      'git clone',
      'npm run demo',
      ...CLIENTS.map(({ title }) => `**[${title}](`),
    ]
    const at = places.map((place) => text.indexOf(place))
    expect(at.every((one) => one > 0)).toBe(true)
    expect(at).toEqual(at.toSorted((a, b) => a - b))
  })

  test('has badges that are true', () => {
    const badges = [...top.matchAll(/^\[!\[(.+?)\]\((.+?)\)\]\((.+?)\)$/gm)].map(
      ([, name = '', image = '']) => ({
        name,
        said: decodeURIComponent(/badge\/(.+)-\w+$/.exec(image)?.[1] ?? image).replaceAll('--', '-'),
      }),
    )
    const repository = pkg.repository.url.replace(/^git\+|\.git$/g, '')
    expect(badges).toEqual([
      { name: 'CI', said: `${repository}/actions/workflows/ci.yml/badge.svg` },
      { name: 'Node 20.18.1 or later', said: `node-${pkg.engines.node}` },
      { name: 'MCP 2024-11-05 to 2026-07-28', said: 'MCP-2024-11-05 to 2026-07-28' },
      { name: 'MIT licence', said: `licence-${pkg.license}` },
    ])
    expect(existsSync(join(ROOT, '.github/workflows/ci.yml'))).toBe(true)
    expect(read('docs/http.md')).toContain('every revision from 2024-11-05 to 2026-07-28')
  })
})

describe('the picture of the demo', () => {
  const svg = read('docs/demo.svg')

  test('is of the demo as it is now, from the first act to the end', () => {
    const shown = svg
      .replaceAll('&amp;', '&')
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
    const story = acts(graceInATerminal())
    for (const [at, { title }] of story.entries())
      expect(shown).toContain(`${at + 1} of ${story.length} ${title}`)
    expect(shown).toContain('What happened')
    expect(shown).toContain('NOT VALID.')
  })

  test('has a dark form, stands still for whoever wants that, and needs nothing from elsewhere', () => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/)
    expect(svg).toContain('@media(prefers-color-scheme:dark)')
    expect(svg).toContain('@media(prefers-reduced-motion:reduce)')
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /<script|@import|url\((?!#)|href=|src=/,
    )
    expect(svg).not.toMatch(/sandbox-(scim|rest)-[0-9a-f]{8}|grace-[0-9a-f]{8}|\/tmp\/|\/home\//)
    expect(svg.length).toBeLessThan(80_000)
  })

  test('keeps within the terminal, whatever the font', () => {
    const width = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1])
    const ends = [...svg.matchAll(/<text x="([\d.]+)" y="\d+" textLength="([\d.]+)"/g)].map(
      ([, x, length]) => Number(x) + Number(length),
    )
    expect(ends.length).toBeGreaterThan(150)
    expect(Math.max(...ends)).toBeLessThanOrEqual(width - 15)
  })
})

describe('the page of each client', () => {
  test.each(CLIENTS.map(({ name, title }) => ({ name, title })))(
    '$title says how to begin, and how a person says yes',
    ({ name, title }) => {
      const page = read(`docs/clients/${name}.md`)
      expect(page).toContain(`# ${title}\n`)
      expect(page).toContain(`identity-mcp init --clients ${name}\n`)
      expect(page).toContain('## How you say yes')
      // What is said of a client is from somewhere, and it is said that it was not tried.
      expect(page).toMatch(
        /is from public sources, not tried here: <https:|We know of no public source, and have not tried it\./,
      )
      expect(read('docs/clients.md')).toContain(`[${title}](clients/${name}.md)`)
    },
  )
})

/** Words that are often written wrong, and what this project writes in another way. */
const WRONG = new RegExp(
  `\\b(${[
    'recieve\\w*|beleive\\w*|acheive\\w*|seperate\\w*|definat\\w*|occured|occuring|refered|transfered|prefered|untill|wich',
    'teh|adress\\w*|begining|calender|commited|comitt\\w*|concensus|consistan\\w*|dependan\\w*|existance|persistan\\w*',
    'independan\\w*|enviroment\\w*|foward\\w*|garantee\\w*|heirarch\\w*|identi[fc]iy\\w*|immediatly|succesful\\w*|sucess\\w*',
    'necesar\\w*|neccess\\w*|noticable|paralell\\w*|priviledge\\w*|privelege\\w*|proccess\\w*|publically|reccom\\w*|recomend\\w*',
    'responsab\\w*|retreiv\\w*|suprise\\w*|tommorow|truely|unkown|usefull|wether|writting|authentif\\w*|autheniti\\w*|langauge',
    'paramter\\w*|arguement\\w*|alot|accomodat\\w*|aquir\\w*|comparsion|conection|defualt|deacitvat\\w*|deactived|delimeter',
    'e-mails?|whitelist\\w*|blacklist\\w*|colors?|behavior\\w*',
    'its a|the the|a a|is is|to to|of of|and and|in in',
  ].join('|')})\\b`,
  'gi',
)

test.each(PAGES.filter((page) => page !== 'CHANGELOG.md'))('%s has no word that is written wrong', (page) => {
  expect(withoutCode(read(page)).match(WRONG) ?? []).toEqual([])
})
