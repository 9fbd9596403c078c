// House rules that no other tool checks: the dependency rule, purity, open ends, shape of the text.
import {homedir} from 'node:os';
import {resolve} from 'node:path';
import type {Offence} from './rooms.ts';
import {findImportOffences, isSimIo, isTest} from './rooms.ts';
import type {SourceFile, TextFile} from './source.ts';
import {isSource, parseSource, readTextFiles} from './source.ts';

const columnsMax = 100;

/** A line of prose or data may be as long as it must; code and configuration may not. */
const columnsFiles = /\.(ts|mjs|js|sh)$|^\.ci\/run$/;

/** Words of the outside world. In code only: comments and strings are blanked first. */
const impure: readonly (readonly [word: string, pattern: RegExp])[] = [
  ['Date', /(?<![\w.])Date\b(?=\s*[.(])/],
  ['Math.random', /\bMath\s*\.\s*random\b/],
  ['Intl', /(?<![\w.])Intl\s*\./],
  ['Temporal', /(?<![\w.])Temporal\s*\./],
  ['Promise', /(?<![\w.])Promise\b(?=\s*[.(<])/],
  ['async', /(?<![\w.])async\b(?=\s*(function\b|\(|\w+\s*=>|\w+\s*\())/],
  [
    'process',
    /(?<![\w.])process\s*\.\s*(env|argv|exit|cwd|std|on\b|nextTick|hrtime|memory|cpu|pid|kill)/,
  ],
  ['console', /(?<![\w.])console\s*\./],
  ['performance', /(?<![\w.])performance\s*\./],
  ['crypto', /(?<![\w.])crypto\s*\./],
  ['globalThis', /(?<![\w.])globalThis\b/],
  ['timer', /(?<![\w.])(setTimeout|setInterval|setImmediate|queueMicrotask)\b/],
  ['fetch', /(?<![\w.])fetch\s*\(/],
  ['locale', /\.(localeCompare|toLocale\w+)\s*\(/],
];

const purityRooms = /^(engine|sim)\//;
const focused = /(?<![\w.])test(\.\w+)*\.(only|skip|todo|failing)\b/;

export type TidyReport = {
  readonly filesRead: number;
  readonly sourcesRead: number;
  readonly offences: readonly Offence[];
};

/** Reads every file under `root` and returns what breaks the house rules. */
export function tidy(root: string): TidyReport {
  const texts = readTextFiles(root);
  const sources = texts.filter(({path}) => isSource(path)).map(parseSource);
  return {
    filesRead: texts.length,
    sourcesRead: sources.length,
    offences: [
      ...findImportOffences(sources),
      ...sources.flatMap(findSourceOffences),
      ...texts.flatMap((file) => findTextOffences(file, root)),
    ],
  };
}

export function formatOffence({path, line, rule, message}: Offence): string {
  return `${path}:${line}: ${message} [${rule}]`;
}

function findSourceOffences(file: SourceFile): readonly Offence[] {
  const {path} = file;
  return [
    ...file.syntaxErrors.map((message) => ({path, line: 1, rule: 'syntax', message})),
    ...file.comments.flatMap(({text, line}) => judgeComment(path, text, line)),
    ...(isTest(path)
      ? matchLines(file, 'focus', [['a focused, skipped or empty test', focused]])
      : findImpurities(file)),
  ];
}

function findImpurities(file: SourceFile): readonly Offence[] {
  if (!purityRooms.test(file.path) || isSimIo(file.path)) return [];
  return matchLines(file, 'purity', impure);
}

function matchLines(
  file: SourceFile,
  rule: string,
  patterns: readonly (readonly [word: string, pattern: RegExp])[],
): readonly Offence[] {
  return file.code.split('\n').flatMap((code, index) =>
    patterns
      .filter(([, pattern]) => pattern.test(code))
      .map(([word]) => ({
        path: file.path,
        line: index + 1,
        rule,
        message: `uses ${word}: ${code.trim()}`,
      })),
  );
}

function judgeComment(path: string, text: string, line: number): readonly Offence[] {
  if (/\bFIXME\b/.test(text)) {
    return [{path, line, rule: 'open-end', message: 'this mark never merges: mend it'}];
  }
  if (/\bTODO\b(?!\(#\d+\))/.test(text)) {
    return [{path, line, rule: 'open-end', message: 'an open end carries its issue: (#12)'}];
  }
  return [];
}

function findTextOffences(file: TextFile, root: string): readonly Offence[] {
  const {path, text} = file;
  const offences: Offence[] = [];
  const machine = makeMachinePaths(root);
  text.split('\n').forEach((content, index) => {
    const at = {path, line: index + 1};
    const columns = Array.from(content).length;
    if (columns > columnsMax && columnsFiles.test(path)) {
      offences.push({...at, rule: 'columns', message: `${columns} columns, ${columnsMax} allowed`});
    }
    const found = machine.exec(content)?.[0];
    if (found !== undefined) {
      offences.push({...at, rule: 'machine-path', message: `names ${found} of one machine`});
    }
    if (/^(package-lock\.json|\.npmrc)$/.test(path) && /"resolved":|registry\s*=/.test(content)) {
      offences.push({...at, rule: 'registry', message: 'names the host of a package registry'});
    }
  });
  return offences;
}

/** The tree itself, its neighbour with shared data, and anybody's home. */
function makeMachinePaths(root: string): RegExp {
  const here = resolve(root);
  // A tree right under the file system's root has too common a name to search for.
  const trees = here.split('/').length > 2 ? [here, resolve(here, '..', 'shared')] : [];
  const named = [...trees, homedir()].map((path) =>
    path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
  );
  const homes = [String.raw`/home/[a-z][\w.-]*`, String.raw`/Users/\w[\w.-]*`];
  return new RegExp(String.raw`(?<![\w.~])(${[...named, ...homes].join('|')})(?![\w-])`);
}
