/** What a run of the conformance cases looks like on a terminal. */
import {styleText} from 'node:util';
import Table from 'cli-table3';
import type {CaseFailure, ConformanceReport} from '../../conformance/run-folder.ts';

export interface ConformanceTextOptions {
  /** With how many seeds each case was run. */
  readonly seeds: number;
  /** ANSI colours. */
  readonly color: boolean;
}

type Paint = (style: 'bold' | 'red' | 'green', text: string) => string;

/** Every failing case with what is different, and then a table of the suites. */
export function conformanceText(
  {suites}: ConformanceReport,
  {seeds, color}: ConformanceTextOptions,
): string {
  const paint: Paint = (style, text) =>
    color ? styleText(style, text, {validateStream: false}) : text;
  const table = new Table({
    head: ['suite', 'cases', 'passed', 'failed'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: {head: [], border: []},
    chars: {mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': ''},
  });
  let [cases, failed] = [0, 0];
  for (const one of suites) {
    table.push([one.suite, one.passed + one.failed, one.passed, one.failed]);
    cases += one.passed + one.failed;
    failed += one.failed;
  }
  const style = failed === 0 ? 'green' : 'red';
  const verdict = paint(style, `${cases - failed} of ${cases} cases hold`);
  const details = suites.flatMap(({failures}) => failures.map((one) => failureText(one, paint)));
  return [
    ...details,
    table.toString(),
    `${verdict}, with ${seeds} seeds each`,
    ...asideText(suites),
    '',
  ].join('\n');
}

/** Cases that neither hold nor fail, by name: none is passed over in silence. */
function asideText(suites: ConformanceReport['suites']): readonly string[] {
  const exceptions = suites.flatMap((one) => one.exceptions);
  const skipped = suites.flatMap((one) => one.skipped);
  return [
    ...headed('exception', exceptions.length),
    ...exceptions.map(({id, reason}) => `  ${id}: ${reason}`),
    ...headed('case skipped', skipped.length),
    ...skipped.map(({id, option}) => `  ${id}: ${option} is optional, and not offered`),
  ];
}

function headed(what: string, count: number): readonly string[] {
  if (count === 0) return [];
  return [`${count} ${count === 1 ? what : what.replace(/^\w+/, '$&s')}:`];
}

function failureText({id, file, message}: CaseFailure, paint: Paint): string {
  const lines = message.split('\n').map((line) => `  ${painted(line, paint)}`);
  return `${[paint('bold', `${id} · ${file}`), ...lines].join('\n')}\n`;
}

function painted(line: string, paint: Paint): string {
  if (line.startsWith('- ')) return paint('red', line);
  return line.startsWith('+ ') ? paint('green', line) : line;
}
