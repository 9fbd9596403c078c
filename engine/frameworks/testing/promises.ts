/**
 * Promises in words, watched all at once in random histories: whoever sees one broken throws, and
 * the test of that promise fails. Not part of the engine.
 */
import test from 'ava';
import fc from 'fast-check';

export class BrokenPromise extends Error {
  /** Its name among the promises. */
  readonly promised: string;

  constructor(promised: string, words: string) {
    super(words);
    this.promised = promised;
  }
}

/** How promises are kept: a broken one throws, with what was seen. */
export type Keep<Promised extends string> = (
  isKept: boolean,
  promised: Promised,
  what: () => string,
) => void;

export function keeperOf<Promised extends string>(
  promises: Readonly<Record<Promised, string>>,
): Keep<Promised> {
  return (isKept, promised, what) => {
    if (!isKept) throw new BrokenPromise(promised, `${promises[promised]}: ${what()}`);
  };
}

/** A test for each promise, and one, of this title, that nothing else is thrown. */
export function testPromises<History>(
  promises: Readonly<Record<string, string>>,
  property: fc.IProperty<History>,
  {title, ...terms}: {readonly title: string; readonly numRuns: number; readonly seed?: number},
): void {
  /** The promise that was broken, and how to see it again. */
  let broken: {readonly promised: string | undefined; readonly report: string} | undefined;

  test.before(() => {
    const outcome = fc.check(property, {includeErrorInReport: true, ...terms});
    const {errorInstance: error} = outcome;
    if (!outcome.failed) return;
    const promised = error instanceof BrokenPromise ? error.promised : undefined;
    broken = {promised, report: fc.defaultReportMessage(outcome) ?? ''};
  });

  test(title, (t) => {
    t.false(broken !== undefined && broken.promised === undefined, broken?.report);
  });

  for (const [promised, words] of Object.entries(promises)) {
    test(words, (t) => {
      t.not(broken?.promised, promised, broken?.report);
    });
  }
}
