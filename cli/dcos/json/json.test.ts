// What is said of definitions that are no JSON, and how properties are read.
import {readFileSync} from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import {Failure} from '../failure.ts';
import {jsonHint} from './json-hint.ts';
import {readJsonItems} from './json-item.ts';
import {scanJson} from './scan-json.ts';

const hello = readFileSync(new URL('../../../scenarios/hello_world.json', import.meta.url), 'utf8');

/** The whole of what is said. */
function said(text: string): string | undefined {
  const hint = jsonHint(text, 'app.json');
  return hint && [hint.message, ...hint.lines].join('\n');
}

test('hello_world.json without its last brackets: what is open, what is missing', (t) => {
  const cut = hello.slice(0, hello.indexOf('"protocol": "tcp"') + '"protocol": "tcp"'.length);
  t.is(
    said(`${cut}\n`),
    [
      'app.json ends at line 13, column 26 before everything in it is closed',
      '  { is open since line 1, column 1',
      '  { is open since line 6, column 16 (container)',
      '  { is open since line 8, column 15 (container.docker)',
      '  [ is open since line 11, column 23 (container.docker.portMappings)',
      '  { is open since line 11, column 24 (container.docker.portMappings[0])',
      'To complete it, add "}]}}}" at the end. Nothing was sent to the cluster.',
    ]
      .join('\n')
      .replace('line 8, column 15', `line ${lineOf('"docker"')}, column 15`)
      .replace('line 6, column 16', `line ${lineOf('"container"')}, column 16`)
      .replaceAll('line 11', `line ${lineOf('"portMappings"')}`)
      .replace('line 13', `line ${lineOf('"protocol"')}`),
  );
});

function lineOf(word: string): number {
  return hello.slice(0, hello.indexOf(word)).split('\n').length;
}

test('hello_world.json as the post printed it, without its first brace, too', (t) => {
  const printed = hello
    .replace('{', '')
    .trimStart()
    .replace(/\s*\}\s*\}\s*\}\s*$/, '\n');
  const text = said(printed) ?? '';
  t.regex(text, /^app\.json ends at line \d+, column 9 before everything in it is closed\n/);
  t.regex(text, /\n {2}the \{ before the first member is missing\n/);
  t.regex(text, /\n {2}\{ is open since line \d+, column \d+ \(container\)\n/);
  t.regex(text, /\nTo complete it, add "\{" at the beginning and "\}\}\}" at the end\. Nothing/);
});

test('only the first brace is missing', (t) => {
  t.is(
    said('"id": "/a"}'),
    'app.json: at line 1, column 1: it begins with a member, not with {\n' +
      '  1 | "id": "/a"}\n    | ^\n' +
      'To complete it, add "{" at the beginning. Nothing was sent to the cluster.',
  );
});

const wrong: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
  ['nothing', '', /^app\.json is empty$/],
  ['spaces', ' \n', /^app\.json is empty$/],
  [
    'a comma too many',
    '{"a": 1,\n}',
    /column 8: there is a comma before the closing \}: remove it\n {2}1 \| .*\n {4}\| {8}\^$/,
  ],
  [
    'a comma too many in a list',
    '[1, ]',
    /column 3: there is a comma before the closing \]: remove it/,
  ],
  ['a comma too few', '{"a": 1\n "b": 2}', /at line 1, column 8: a comma is missing after this\n/],
  ['a comma too few in a list', '[1 2]', /column 3: a comma is missing after this\n/],
  [
    'single quotes',
    "{'a': 1}",
    /column 2: expected a key in double quotes, found ' \(JSON wants plain double quotes: "\)/,
  ],
  [
    'quotes of a text program',
    '{"a": “b”}',
    /column 7: expected a value, found “ \(JSON wants plain/,
  ],
  ['a bare key', '{a: 1}', /column 2: the key a must stand in double quotes/],
  ['a bare word', '{"a": yes}', /column 7: expected a value, found yes$/m],
  ['a word of Python', '{"a": True}', /found True \(write true\)/],
  ['another word of Python', '{"a": None}', /found None \(write null\)/],
  ['a comment', '{"a": 1, // so\n}', /found \/ \(JSON has no comments\)/],
  ['an equals sign', '{"a" = 1}', /expected a colon after the key, found = \(JSON has a colon/],
  ['a semicolon', '{"a": 1; "b": 2}', /expected a comma or \}, found ; \(JSON has commas/],
  ['a bracket of the other kind', '{"a": [1}', /column 9: expected \], found \}/],
  [
    'a bracket too many',
    '{"a": 1}}',
    /the definition is complete before this; after it there is \}/,
  ],
  [
    'a text over two lines',
    '{"a": "b\nc"}',
    /column 7: the text that begins here is not closed in its line/,
  ],
  [
    'a text without an end',
    '{"a": "b',
    /column 7: the text that begins here is not closed\n[^]*\n {2}\{ is open since line 1/,
  ],
  [
    'an escape that is none',
    String.raw`{"a": "C:\data"}`,
    /column 10: JSON knows no \\d in a text/,
  ],
  ['a number that is none', '{"a": 01}', /column 7: expected a value, found 01/],
  ['a value that is cut off', '{"a": tr', /column 7: expected a value, found tr\n/],
  ['a key without a value', '{"a"', /it ends after the key "a", which has no value/],
  ['a colon without a value', '{"a":', /it ends before the value of "a"/],
  ['a comma at the end', '{"a": 1,', /it ends after a comma, which another member must follow/],
  ['a comma at the end of a list', '[1,', /it ends after a comma, which another value must follow/],
];

for (const [title, text, expected] of wrong) {
  test(`${title} is told by its place`, (t) => {
    t.throws(() => JSON.parse(text) as unknown, {instanceOf: SyntaxError});
    t.regex(said(text) ?? '', expected);
    t.notRegex(said(text) ?? '', /To complete/);
  });
}

test('a long line is shown around the place', (t) => {
  const text = `{"a": "${'x'.repeat(500)}", b: 1, "c": "${'y'.repeat(500)}"}`;
  const [, shown = '', mark = ''] = (said(text) ?? '').split('\n');
  t.true(shown.length < 140, shown);
  t.is(shown[mark.length - 1], 'b');
});

// Any text, near JSON and far from it.

const json = fc.json({maxDepth: 4});
const nearJson = fc.oneof(
  json.map((text) => JSON.stringify(JSON.parse(text), undefined, 2)),
  fc
    .tuple(json, fc.nat(), fc.constantFrom('', ',', '}', ']', '"', '\\', ':', '{', '1', 'x', '\n'))
    .map(([text, at, put]) => {
      const place = at % (text.length + 1);
      return `${text.slice(0, place)}${put}${text.slice(place + 1)}`;
    }),
  fc.string({unit: fc.constantFrom(...Array.from('{}[]:,"\\/ \n0123456789-+.eEtrufalsn'))}),
);

test('a text is called well formed exactly if JSON.parse takes it', (t) => {
  fc.assert(
    fc.property(nearJson, (text) => {
      const isGood = parses(text);
      const {trouble, lacksFirstBrace} = scanJson(text);
      t.is(trouble === undefined && !lacksFirstBrace, isGood, text);
      t.is(jsonHint(text, 'x') === undefined, isGood, text);
    }),
    {numRuns: 3000},
  );
});

test('what is advised completes the text; for missing brackets it is advised', (t) => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({maxDepth: 3}), {minKeys: 1});
  fc.assert(
    fc.property(object, fc.nat(), (value, at) => {
      const whole = JSON.stringify(value, undefined, 1);
      const cut = whole.slice(0, at % whole.length);
      const advice = /add "([\]}]+)" at the end/.exec(said(cut) ?? '')?.[1];
      if (advice !== undefined) t.true(parses(cut + advice), cut);
      const closers = /[\s\]}]+$/.exec(whole)?.[0] ?? '';
      if (cut.length >= whole.length - closers.length) {
        t.is(advice, whole.slice(cut.length).replaceAll(/\s/g, ''), cut);
      }
    }),
    {numRuns: 2000},
  );
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

test('deep nesting is told like any other', (t) => {
  const hint = jsonHint('['.repeat(100_000), 'deep.json');
  t.regex(hint?.message ?? '', /^deep\.json ends at line 1, column 100001 before/);
  t.true((hint?.lines.length ?? 0) < 20);
});

const items: readonly (readonly [item: string, value: unknown])[] = [
  ['a=1', 1],
  ['a=-2', -2],
  ['a=0.5', 0.5],
  ['a=1e3', 1000],
  ['a=true', true],
  ['a=False', false],
  ['a=null', null],
  ['a=', ''],
  ['a=some words', 'some words'],
  ['a=http://host:80/x?y=z', 'http://host:80/x?y=z'],
  ['a=[1, "b"]', [1, 'b']],
  ['a={"b": {"c": null}}', {b: {c: null}}],
  ['a="quoted"', 'quoted'],
  ["a='[1]'", [1]],
  ['a=[ -f x ] && cat x', '[ -f x ] && cat x'],
  ['a={ date; sleep 1; }', '{ date; sleep 1; }'],
  ['a=007', 7],
  ['a=1.2.3', '1.2.3'],
];

for (const [item, value] of items) {
  test(`the property ${item} is read by what it looks like`, (t) => {
    t.deepEqual(readJsonItems([item]), {a: value});
  });
}

test('properties that are none are refused', (t) => {
  t.throws(() => readJsonItems(['=1']), {instanceOf: Failure, message: /not a valid json-item/});
  t.throws(() => readJsonItems(['a=1', 'a=2']), {message: "Key 'a' was specified more than once"});
  t.throws(() => readJsonItems(['a={"b": 1']), {
    message: /the value of a ends at line 1, column 8/,
  });
});
