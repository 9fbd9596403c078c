/** Documents and paths that a store could trip over. */
import {createHash} from 'node:crypto';
import type {ExecutionContext} from 'ava';
import type {StoredDocument} from '../store.ts';

/** As deepEqual, without printing megabytes where they differ. */
export function sameDocuments(
  t: ExecutionContext,
  loaded: readonly StoredDocument[],
  expected: readonly StoredDocument[],
): void {
  t.deepEqual(loaded.map(digest), expected.map(digest));
}

function digest([path, document]: StoredDocument): string {
  const text = JSON.stringify(document);
  return `${path}: ${text.length} ${createHash('sha256').update(text).digest('hex')}`;
}

const NOISES = new Map<number, string>();

/** Text of so many bytes that no compression makes smaller. The same for the same size. */
export function noise(bytes: number): string {
  const made = NOISES.get(bytes) ?? makeNoise(bytes);
  NOISES.set(bytes, made);
  return made;
}

function makeNoise(bytes: number): string {
  const blocks: string[] = [];
  for (let length = 0; length < bytes; length += 44) {
    blocks.push(createHash('sha256').update(`${bytes} ${length}`).digest('base64'));
  }
  return blocks.join('').slice(0, bytes);
}

export const ODD_DOCUMENTS: Readonly<Record<string, unknown>> = {
  '01': null,
  '02': true,
  '03': '',
  '04': 0.1 + 0.2,
  '05': [1e21, 5e-324, Number.MAX_SAFE_INTEGER, -1.5e300],
  '06': [],
  '07': {},
  '08': [[], [{}], null, [null]],
  '09': {b: 1, a: 2, 10: 3, 9: 4, '': 5, ['__proto__']: {polluted: true}, constructor: 6},
  '10': 'quotes " and \\ and \u0000 \n \u2028 \u{1f600} \ufeff and half a pair \ud83d',
  '11': {text: "'; DROP TABLE documents; --"},
  '12': JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown,
};

export const ODD_PATHS: readonly string[] = [
  'a',
  'a/b',
  'a/b/c',
  'a/',
  '/a',
  '/',
  '//',
  'a//b',
  '.',
  '..',
  'a/./b',
  'a/../b',
  ' ',
  ' a ',
  'A',
  'zookeeper',
  'zookeeper/quota',
  '__proto__',
  'constructor',
  '%',
  '%2F',
  '%252F',
  'a%2Fb',
  '*?[a]{b}',
  "it's",
  '"',
  '\\',
  'a:b;c,d|e',
  '\t',
  'line\nline',
  '\u0000',
  'a\u0000b',
  '\u007f\u0080\u009f',
  '\u00e9',
  'e\u0301',
  '\u212b',
  'ß',
  '日本語/アプリ',
  'שלום',
  '\u200b',
  '\u{1f600}',
  '\u{1f600}\u{1f601}',
  '\ue000\uf8ff',
  '\ufeff',
  '\ufff0\ufffd\uffff',
  '\u{10ffff}',
  'x'.repeat(255),
  'x'.repeat(256),
  `long/${'y'.repeat(4000)}`,
  Array.from({length: 200}, (_, depth) => `d${depth}`).join('/'),
  '€'.repeat(300),
];
