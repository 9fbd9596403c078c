/** What a suite of conformance cases offers to the runner: one object per case. */
export interface Suite {
  /**
   * Makes one step.
   * @throws UnknownInCase for a step, field or value that it does not know
   * @throws Difference when an expectation does not hold
   */
  step(name: string, value: unknown, flags: Readonly<Record<string, unknown>>): void;
  /** Names that may stand beside the step's own. */
  flagsOf(name: string): readonly string[];
}
