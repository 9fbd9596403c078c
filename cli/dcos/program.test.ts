// Usage, help and versions of `dcos`.
import {readFileSync} from 'node:fs';
import test from 'ava';
import {table} from './testing/cases.ts';
import {Home} from './testing/run-dcos.ts';

const sorted = (words: readonly (string | undefined)[]): readonly string[] =>
  words.map(String).sort((left, right) => (left < right ? -1 : 1));

table([
  {
    title: 'an unknown command is told with the one that was meant',
    words: 'marathon app lst',
    code: 1,
    stdout: '',
    stderr: "Error: unknown command 'lst'\n(Did you mean list?)\nSee: dcos marathon app --help\n",
  },
  {
    title: 'an unknown group is told',
    words: 'marathn',
    code: 1,
    stderr: "Error: unknown command 'marathn'\n(Did you mean marathon?)\nSee: dcos --help\n",
  },
  {
    title: 'an unknown option is told',
    words: 'marathon app list --jsn',
    code: 1,
    stderr:
      /^Error: unknown option '--jsn'\n\(Did you mean --json\?\)\nSee: dcos marathon app list/,
  },
  {
    title: 'a missing argument is told',
    words: 'marathon app show',
    code: 1,
    stderr: "Error: missing required argument 'app-id'\nSee: dcos marathon app show --help\n",
  },
  {
    title: 'too many arguments are told',
    words: 'marathon app show a b',
    code: 1,
    stderr: /^Error: too many arguments/,
  },
  {
    title: 'a group without a command shows its help, and fails',
    words: 'marathon',
    code: 1,
    stdout: '',
    stderr: /^Usage: dcos marathon /,
  },
  {title: 'dcos alone shows its help', words: '', stdout: /^Usage: dcos /, stderr: ''},
  {title: 'dcos help is the help', words: 'help', stdout: /\n {2}marathon +Run services/},
  {
    title: 'dcos help names a command by all its words',
    words: 'help marathon app add',
    stdout: /^Usage: dcos marathon app add \[options\] \[app-resource\]\n/,
  },
  {
    title: '--info is the one line of a group',
    words: 'job --info',
    stdout: 'Run jobs that end: now, or on a schedule.\n',
  },
  {
    title: '--version of a group is that of the command',
    words: 'marathon --version',
    asks: [],
    stdout: /^dcos-marathon version \d+\.\d+\.\d+\n$/,
  },
  {
    title: 'an unknown log level is told with those that there are',
    words: '--log-level=loud marathon app list',
    code: 1,
    asks: [],
    stderr:
      "Error: Log level set to an unknown value 'loud'. Valid values are " +
      '[debug, info, warning, error, critical]\n',
  },
  {
    title: 'a dashboard to open is not there',
    words: 'cluster open',
    code: 1,
    asks: [],
    stderr: /^Error: 'dcos cluster open' is not part of Drydock\.\n/,
  },
  {
    title: 'groups of DC/OS that are not there say so',
    words: 'package install jenkins --yes',
    code: 1,
    asks: [],
    stderr: /^Error: 'dcos package' is not part of Drydock\.\n/,
  },
  {
    title: '--version asks the cluster for its version',
    words: '--version',
    script: {
      'GET /dcos-metadata/dcos-version.json': {
        json: {
          version: '2.1.0',
          'dcos-image-commit': 'c',
          'bootstrap-id': 'b',
          'dcos-variant': 'open',
        },
      },
    },
    stdout:
      /^dcoscli\.version=\d\S+\n\S+=2\.1\.0\n\S+=open\ndcos\.commit=c\ndcos\.bootstrap-id=b\n$/,
  },
  {
    title: 'versions of a cluster that does not answer are N/A',
    words: '--version',
    stdout: /\ndcos\.version=N\/A\n[^]*dcos\.bootstrap-id=N\/A\n$/,
  },
]);

test('every command has a help of its own, with an example that begins as it does', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  const seen: string[] = [];
  const visit = async (words: readonly string[]): Promise<void> => {
    const {code, stdout} = await home.run([...words, '--help']);
    t.is(code, 0, words.join(' '));
    seen.push(words.join(' '));
    const [, list = ''] = /\nCommands:\n([^]*?)(\n\n|$)/.exec(stdout) ?? [];
    const names = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => name);
    const isLeaf = names.length === 0;
    if (isLeaf) t.regex(stdout, new RegExp(`\\nExamples?:\\n[^]*dcos ${words.join(' ')}\\b`));
    // Examples are whole lines, as one would type them.
    for (const line of stdout.split('\n'))
      t.true(line.length <= 80 || /^ {2}dcos|^ {2}echo/.test(line), line);
    for (const name of names) await visit([...words, name]);
  };
  await visit([]);
  t.true(seen.length > 60, `${seen.length}`);
  for (const one of [
    'marathon app version list',
    'job schedule add',
    'task exec',
    'cluster setup',
  ]) {
    t.true(seen.includes(one), one);
  }
});

test('help fits a narrow terminal: long terms have a line of their own', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  const {stdout} = await home.run(['marathon', 'app', '--help'], {columns: 50});
  const [, list = ''] = /\nCommands:\n([^]*?)$/.exec(stdout) ?? [];
  t.true(
    list.startsWith('  add [options] [app-resource]\n                         Add an app.\n'),
    list,
  );
  for (const line of list.split('\n')) t.true(line.length <= 50, line);
});

test('the manual has every command with just its options, and every key', async (t) => {
  const manual = readFileSync(new URL('../../docs/dcos.md', import.meta.url), 'utf8');
  const rows = manual.split('\n').filter((line) => /^\| († )?`/.test(line));
  const home = new Home();
  t.teardown(() => home.remove());
  const visit = async (words: readonly string[]): Promise<void> => {
    const name = words.join(' ');
    const {stdout} = await home.run([...words, '--help']);
    const [, list = ''] = /\nCommands:\n([^]*?)(\n\n|$)/.exec(stdout) ?? [];
    const below = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, word = '']) => word);
    for (const word of below) await visit([...words, word]);
    // `job show` is a command and has one.
    if (below.length > 0 && name !== 'job show') return;
    const pattern = new RegExp(`\`${name}(\`| [A-Z[])`);
    const row = rows.find((line) => pattern.test(line.split('|')[1] ?? ''));
    const [, options = ''] = /\nOptions:\n([^]*?)(\n\n|$)/.exec(stdout) ?? [];
    const longs = [...options.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, long]) => long);
    const told = [...(row?.split('|')[2] ?? '').matchAll(/`(--[\w-]+)`/g)].map(([, long]) => long);
    t.deepEqual(sorted([...told, '--help']), sorted(longs), name);
  };
  await visit([]);
  const {stdout: keys} = await home.run(['config', 'keys']);
  for (const [, key = ''] of keys.matchAll(/^(\w+\.\w+)/gm))
    t.true(manual.includes(`\`${key}\``), key);
});
