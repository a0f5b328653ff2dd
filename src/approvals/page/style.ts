/** The one stylesheet: light and dark, from a phone to a desk, without a script or an image. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f6f8; --card: #ffffff; --ink: #1b2430; --quiet: #536072; --line: #d3dae2; --accent: #0b5cad;
  --on-accent: #ffffff; --alarm: #9a1b1b; --alarm-back: #fdecea; --good: #17663a; --good-back: #e7f5ec;
  --wait: #7a4b00; --wait-back: #fff3dc; --box: #f3f6f9; --mark: #8a97a8; --field: #ffffff; --edge: #6b7787;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11161d; --card: #1a212b; --ink: #e6ebf2; --quiet: #a5b1c2; --line: #344052; --accent: #7ab8ff;
    --on-accent: #0a1626; --alarm: #ffb4ab; --alarm-back: #431a18; --good: #93e0b1; --good-back: #12351f;
    --wait: #ffd591; --wait-back: #3b2a0b; --box: #141a22; --mark: #6b7a8f; --field: #0c1117; --edge: #8392a6;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
body > header { border-bottom: 1px solid var(--line); background: var(--card); }
body > header p, main, body > footer { max-width: 52rem; margin-left: auto; margin-right: auto; padding: 0 1rem; }
body > header p { margin-top: 0; margin-bottom: 0; padding-top: 0.75rem; padding-bottom: 0.75rem; font-weight: 700; letter-spacing: 0.01em; }
body > header span { color: var(--quiet); font-weight: 400; }
body > footer { margin-top: 1.5rem; color: var(--quiet); font-size: 0.875rem; padding-bottom: 2rem; }
main > :first-child { margin-top: 1.5rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0.5rem 0 0.5rem; overflow-wrap: anywhere; }
.theirs { background: var(--box); border-bottom: 2px dotted var(--mark); border-radius: 3px; }
.about { margin: 0 0 1rem; }
.about:empty { display: none; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2rem 0 0.75rem; }
h3 { font-size: 1.0625rem; margin: 0 0 0.5rem; }
p { margin: 0.5rem 0; }
a { color: var(--accent); }
small, .hint, .tenant, .from, .quiet, caption { color: var(--quiet); font-size: 0.875rem; }
code, pre { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; font-size: 0.9375em; }
pre { padding: 0.75rem; border: 1px solid var(--line); border-radius: 6px; background: var(--box); white-space: pre-wrap; }

ul { margin: 0.5rem 0; padding-left: 1.25rem; }
bdi, dd, pre { overflow-wrap: anywhere; }
em { color: var(--quiet); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
h2:focus, .problem:focus { outline: none; }
.skip { position: absolute; left: -100vw; background: var(--card); padding: 0.75rem 1rem; z-index: 1; }
.skip:focus { left: 0.5rem; top: 0.5rem; }

.card, .decide, .decided, .facts, .unusual { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.75rem 1rem; margin: 0 0 0.75rem; }
.card > h1:first-child { margin-top: 0; }
.card > h2, .unusual > h2, .decided > h2 { font-size: 1.0625rem; margin: 0 0 0.25rem; }
.unusual { background: var(--alarm-back); border-color: var(--alarm); border-left-width: 6px; }
.unusual h2, .unusual strong { color: var(--alarm); }
.unusual ul { margin: 0.25rem 0; }
.copy { user-select: all; background: var(--box); border: 1px dashed var(--edge); border-radius: 6px; padding: 0.5rem 0.75rem; overflow-wrap: anywhere; }
.good { color: var(--good); }
.bad { color: var(--alarm); }

.folds { padding-top: 0; padding-bottom: 0; }
.folds > * { margin: 0; padding: 0.625rem 0; }
.folds > * + * { border-top: 1px solid var(--line); }
details > summary { cursor: pointer; font-weight: 600; padding: 0.125rem 0; overflow-wrap: anywhere; }
details[open] > summary { margin-bottom: 0.5rem; }
.tenant { font-weight: 400; font-family: ui-monospace, Menlo, Consolas, monospace; }
.box { border: 1px solid var(--line); border-left: 4px solid var(--mark); border-radius: 4px; background: var(--box); padding: 0.5rem 0.75rem; margin: 0.75rem 0; }
.box > .from { margin: 0 0 0.25rem; font-style: italic; }
.said { border-left: 4px solid var(--mark); background: var(--box); padding: 0.125rem 0.5rem; display: inline-block; }
.said small { font-style: italic; font-weight: 400; white-space: nowrap; }

dl { margin: 0; }
dl > div { display: grid; grid-template-columns: minmax(8rem, 11rem) 1fr; gap: 0.25rem 1rem; padding: 0.25rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; min-width: 0; }
.names { list-style: none; padding: 0; margin: 0; }
.names li { display: inline; }
.names li:not(:last-child)::after { content: ", "; }
.status { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: baseline; justify-content: space-between; }
.status > :last-child { font-size: 0.875rem; }
.badge, .pill { border-radius: 999px; padding: 0.0625rem 0.625rem; font-size: 0.875rem; font-weight: 600; border: 1px solid currentColor; }
.badge.alarm { color: var(--alarm); background: var(--alarm-back); }
.pill.pending { color: var(--wait); background: var(--wait-back); }
.pill.approved, .pill.used { color: var(--good); background: var(--good-back); }
.pill.denied { color: var(--alarm); background: var(--alarm-back); }
.pill.expired { color: var(--quiet); }

table { width: 100%; border-collapse: collapse; margin: 0.75rem 0; }
caption { text-align: left; padding-bottom: 0.25rem; }
th, td { text-align: left; vertical-align: top; padding: 0.375rem 0.75rem 0.375rem 0; border-top: 1px solid var(--line); }
thead th { color: var(--quiet); font-size: 0.875rem; font-weight: 400; border-top: 0; }
tbody th { font-weight: 400; }

.problem { color: var(--alarm); background: var(--alarm-back); border: 2px solid currentColor; border-radius: 8px; padding: 0.75rem 1rem; margin: 1rem 0; }
.problem h2 { margin: 0; font-size: 1.0625rem; }
.problem a { color: inherit; font-weight: 600; }

.decide { margin-top: 1.5rem; padding: 1rem; border: 2px solid var(--accent); }
.decide h2, .decided h2 { margin-top: 0; }
fieldset { border: 0; padding: 0; margin: 0 0 1rem; }
legend { font-weight: 600; padding: 0; margin-bottom: 0.5rem; }
.choice { position: relative; display: grid; grid-template-columns: 2rem 1fr; align-items: center; padding: 0.25rem 0; }
.choice input { width: 1.375rem; height: 1.375rem; margin: 0; accent-color: var(--accent); }
.choice label { font-weight: 600; padding: 0.5rem 0; cursor: pointer; }
.choice .hint { grid-column: 2; margin: -0.5rem 0 0; }
.field { margin: 1rem 0; }
.field label { display: block; font-weight: 600; }
.field label small { font-weight: 400; }
.field .hint { margin: 0.125rem 0 0.25rem; }
.wrong { margin: 0.125rem 0 0.25rem; color: var(--alarm); font-weight: 600; }
/* In a browser that cannot tell which choice is made, both fields are there. */
@supports selector(:has(*)) {
  form:has(#denied:checked) .to-approve, form:not(:has(#denied:checked)) .to-deny { display: none; }
}
.field input { width: 100%; max-width: 26rem; min-height: 2.75rem; margin-top: 0.25rem; padding: 0.5rem 0.625rem; font: inherit; color: var(--ink); background: var(--field); border: 1.5px solid var(--edge); border-radius: 6px; box-shadow: inset 0 1px 2px rgb(0 0 0 / 12%); }
[aria-invalid] { border-color: var(--alarm) !important; border-width: 2px !important; }
fieldset[aria-invalid] { border-style: solid; border-radius: 6px; padding: 0.75rem; }
button { min-height: 2.75rem; padding: 0.5rem 1.5rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: 6px; cursor: pointer; }

@media (max-width: 40rem) {
  h1 { font-size: 1.375rem; }
  dl > div { grid-template-columns: 1fr; gap: 0; padding: 0.25rem 0; }
  .facts, .card, .decided, .unusual { padding: 0.625rem 0.75rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .status { gap: 0.25rem; }
  .status > :last-child { font-size: 0.8125rem; }
  tbody tr { display: block; border-top: 1px solid var(--line); padding: 0.375rem 0; }
  tbody th, tbody td { display: block; border: 0; padding: 0.125rem 0; }
  tbody th { font-weight: 600; }
  tbody td.field, tbody td.now, tbody td.after, tbody td.lost, td .names { display: inline; }
  tbody td.field::before { content: none; }
  tbody td.field::after { content: ":"; }
  tbody td.lost:has(.nothing) { display: none; }
  tbody td.after + td.lost::before { content: "\\A" attr(data-label) ": "; white-space: pre-line; }
  .facts > div { display: block; }
  .facts dt, .facts dd { display: inline; }
  .facts dt::after { content: ": "; }
  tbody td.now::before { content: none; }
  tbody td.after::before { content: " → "; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--quiet); font-size: 0.875rem; }
  button { width: 100%; }
}
`
