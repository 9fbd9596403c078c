import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {formatOffence, tidy} from './tidy.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

test('the whole tree keeps the house rules', (t) => {
  const {sourcesRead, offences} = tidy(root);
  t.true(sourcesRead > 10, `read only ${sourcesRead} source files: this check saw nothing`);
  t.deepEqual(offences.map(formatOffence), []);
});

test('an empty tree is seen to be empty', (t) => {
  t.deepEqual(tidyOf({}), {filesRead: 0, sourcesRead: 0, offences: []});
});

type Files = Readonly<Record<string, string>>;

const blameless: Files = {
  'engine/index.ts': "export {a} from './kernel/a.ts';\nexport type {B} from './kernel/b.ts';\n",
  'engine/kernel/a.ts': [
    "import {PriorityQueue} from '@datastructures-js/priority-queue';",
    '// Date.now() and process.exit() are words here, and so is test.only. TODO(#7): colours.',
    "export const a = ['Date.now()', `Math.random() ${1}`, /Intl\\./, PriorityQueue];",
    'export const validate = (update: {Date: number}): number => update.Date;',
  ].join('\n'),
  'engine/kernel/b.ts': "export type B = import('./a.ts').A;\n",
  'engine/kernel/a.test.ts': "import test from 'ava';\nimport fc from 'fast-check';\n",
  'adapters/zk/zk.ts': "import type {A} from '../../engine/index.ts';\nimport 'node:net';\n",
  'sim/traces/read-swf.ts': "import {readFile} from 'node:fs/promises';\nvoid Date.now();\n",
  'sim/zones.io.ts': "import '../adapters/zk/zk.ts';\n",
  'engine/kernel/b.test.ts': "import '../../adapters/zk/zk.ts';\n",
  'sim/world.ts': "import {createHash} from 'node:crypto';\nimport '../engine/index.ts';\n",
  'server/main.ts': "import '../adapters/zk/zk.ts';\nimport '../sim/world.ts';\n",
  'cli/drydock.ts': "import '../server/main.ts';\nimport pkg from '../package.json';\n",
  'scripts/start.mjs': "import './setup.mjs';\n",
  'node_modules/x/x.ts': "import '../../engine/kernel/a.ts';\n",
  'docs/long.md': `${'word '.repeat(50)}\n`,
};

test('a tree that keeps the rules has no offence', (t) => {
  t.deepEqual(tidyOf(blameless).offences, []);
});

const home = ['', 'home', 'someone', 'data.csv'].join('/');
const planted: readonly (readonly [title: string, files: Files, expected: readonly string[]])[] = [
  [
    'the engine imports another room',
    {'engine/x.ts': "import {w} from '../sim/world.ts';\n"},
    ['engine/x.ts:1 rooms'],
  ],
  [
    'the engine imports only a type from an adapter',
    {'engine/x.ts': "import type {Zk} from '../adapters/zk/zk.ts';\n"},
    ['engine/x.ts:1 rooms'],
  ],
  [
    'the engine names a type of another room in place',
    {'engine/x.ts': "\nexport type W = import('../sim/world.ts').W;\n"},
    ['engine/x.ts:2 rooms'],
  ],
  [
    'the engine imports a node module',
    {'engine/x.ts': "import 'node:fs';\n"},
    ['engine/x.ts:1 package'],
  ],
  [
    'the engine imports an npm package',
    {'engine/x.ts': "import {z} from 'zod';\n"},
    ['engine/x.ts:1 package'],
  ],
  [
    'a deep import into the engine',
    {'sim/x.ts': "import {a} from '../engine/kernel/a.ts';\n"},
    ['sim/x.ts:1 front-door'],
  ],
  [
    'a deep import into the engine from a test',
    {'sim/x.test.ts': "import {a} from '../engine/kernel/a.ts';\n"},
    ['sim/x.test.ts:1 front-door'],
  ],
  [
    'an adapter imports another',
    {'adapters/file/x.ts': "import '../zk/zk.ts';\n"},
    ['adapters/file/x.ts:1 adapters'],
  ],
  [
    'an adapter imports the simulator',
    {'adapters/zk/x.ts': "import '../../sim/world.ts';\n"},
    ['adapters/zk/x.ts:1 rooms'],
  ],
  [
    'the simulator imports an adapter where it reads no file',
    {'sim/x.ts': "import '../adapters/zk/zk.ts';\n"},
    ['sim/x.ts:1 rooms'],
  ],
  [
    'the simulator imports the server',
    {'sim/x.ts': "await import('../server/main.ts');\n"},
    ['sim/x.ts:1 rooms'],
  ],
  [
    'the simulator reads a file outside a loader',
    {'sim/x.ts': "import 'node:fs';\n"},
    ['sim/x.ts:1 package'],
  ],
  [
    'the dashboard imports the engine',
    {'ui/x.ts': "import '../engine/index.ts';\n"},
    ['ui/x.ts:1 rooms'],
  ],
  [
    'somebody imports a test',
    {'engine/x.ts': "import './kernel/a.test.ts';\n"},
    ['engine/x.ts:1 tests'],
  ],
  ['somebody imports a tool', {'cli/x.ts': "import '../tools/tidy.ts';\n"}, ['cli/x.ts:1 rooms']],
  [
    'an unknown room imports the engine',
    {'misc/x.ts': "import '../engine/index.ts';\n"},
    ['misc/x.ts:1 rooms'],
  ],
  [
    'an import from outside the tree',
    {'cli/x.ts': "import '../../other/x.ts';\n"},
    ['cli/x.ts:1 outside'],
  ],
  ['an import without its ending', {'sim/x.ts': "import './world';\n"}, ['sim/x.ts:1 ending']],
  [
    'an import with the ending of the output',
    {'sim/x.ts': "import './world.js';\n"},
    ['sim/x.ts:1 ending'],
  ],
  ['a path alias', {'sim/x.ts': "import '#engine';\n"}, ['sim/x.ts:1 alias']],
  ['a barrel', {'sim/index.ts': "export * from './world.ts';\n"}, ['sim/index.ts:1 barrel']],
  ['a re-export by name', {'sim/x.ts': "export {w} from './world.ts';\n"}, ['sim/x.ts:1 barrel']],
  [
    'a cycle, even of types',
    {
      'sim/x.ts': "import type {Y} from './y.ts';\n",
      'sim/y.ts': "import type {X} from './x.ts';\n",
    },
    ['sim/x.ts:1 cycle'],
  ],
  [
    'the wall clock in the engine',
    {'engine/x.ts': 'const t = Date.now();\n'},
    ['engine/x.ts:1 purity'],
  ],
  ['a new date in the simulator', {'sim/x.ts': '\nconst t = new Date();\n'}, ['sim/x.ts:2 purity']],
  ['global randomness', {'engine/x.ts': 'const r = Math.random();\n'}, ['engine/x.ts:1 purity']],
  ['locale data', {'engine/x.ts': 'new Intl.NumberFormat();\n'}, ['engine/x.ts:1 purity']],
  ['locale order', {'engine/x.ts': 'a.localeCompare(b);\n'}, ['engine/x.ts:1 purity']],
  ['a timer', {'engine/x.ts': 'setTimeout(f, 1);\n'}, ['engine/x.ts:1 purity']],
  ['a promise', {'engine/x.ts': 'const p = Promise.resolve();\n'}, ['engine/x.ts:1 purity']],
  ['an async function', {'engine/x.ts': 'async function f() {}\n'}, ['engine/x.ts:1 purity']],
  ['the process', {'engine/x.ts': 'process.exit(1);\n'}, ['engine/x.ts:1 purity']],
  ['the console', {'engine/x.ts': 'console.log(1);\n'}, ['engine/x.ts:1 purity']],
  [
    'the wall clock inside a template',
    {'engine/x.ts': 'const s = `${Date.now()}`;\n'},
    ['engine/x.ts:1 purity'],
  ],
  ['an open end without an issue', {'cli/x.ts': '\n// TODO: colours\n'}, ['cli/x.ts:2 open-end']],
  ['an open end that never merges', {'cli/x.ts': '/* FIXME(#3) */\n'}, ['cli/x.ts:1 open-end']],
  ['a focused test', {'cli/x.test.ts': "test.only('a', f);\n"}, ['cli/x.test.ts:1 focus']],
  ['a skipped test', {'cli/x.test.ts': "test.serial.skip('a', f);\n"}, ['cli/x.test.ts:1 focus']],
  ['a line too long', {'cli/x.ts': `const a = '${'a'.repeat(100)}';\n`}, ['cli/x.ts:1 columns']],
  ['a path of one machine', {'docs/x.md': `Read ${home}.\n`}, ['docs/x.md:1 machine-path']],
  [
    'a registry host in the lock file',
    {'package-lock.json': '{"resolved": ""}\n'},
    ['package-lock.json:1 registry'],
  ],
  ['a file that does not parse', {'cli/x.ts': 'const = ;\n'}, ['cli/x.ts:1 syntax']],
];

for (const [title, files, expected] of planted) {
  test(`refused: ${title}`, (t) => {
    const {offences} = tidyOf({...blameless, ...files});
    t.deepEqual(
      offences.map(({path, line, rule}) => `${path}:${line} ${rule}`),
      expected,
    );
  });
}

test('the tree itself must not be named either', (t) => {
  const found = withTree(blameless, (folder) => {
    writeFileSync(join(folder, 'docs', 'x.md'), `Look into ${folder}/engine.\n`);
    return tidy(folder).offences;
  });
  t.deepEqual(
    found.map(({path, rule}) => `${path} ${rule}`),
    ['docs/x.md machine-path'],
  );
});

function tidyOf(files: Files): ReturnType<typeof tidy> {
  return withTree(files, tidy);
}

function withTree<Result>(files: Files, use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-tidy-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), {recursive: true});
      writeFileSync(join(folder, path), text);
    }
    return use(folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
