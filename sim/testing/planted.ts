/** Whether the checker finds what is planted. Only tests use this. */
import test from 'ava';
import type {Effect, Input} from '../../engine/index.ts';
import {Checker} from '../checkers.ts';

/** What the checker is shown. */
export type Shown = {readonly input: Input} | {readonly effect: Effect};

/** Undefined: it finds nothing. */
export type Planted = readonly [
  title: string,
  events: readonly Shown[],
  expected: RegExp | undefined,
];

/** Declares the tests; `before` is shown first in each of them. */
export function testPlanted(before: readonly Shown[], planted: readonly Planted[]): void {
  for (const [title, events, expected] of planted) {
    test(`the checker ${expected === undefined ? 'passes' : 'finds'} ${title}`, (t) => {
      const checker = new Checker();
      for (const event of [...before, ...events]) {
        if ('input' in event) checker.input(0, event.input);
        else checker.effect(0, event.effect);
      }
      if (expected === undefined) t.deepEqual(checker.violations, []);
      else t.regex(checker.violations.join('\n'), expected);
    });
  }
}
