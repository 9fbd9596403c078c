/** What a user gave cannot be used: one line for each problem. */
export class InputError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.name = 'InputError';
    this.problems = problems;
  }
}
