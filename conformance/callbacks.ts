/**
 * What runs said to frameworks, and its comparison with what a case expects: one callback carries
 * everything that one run gives to one framework.
 */
import {differenceOf} from './difference.ts';

/** What a run says to a framework about one agent. */
export interface Message {
  readonly framework: string;
  readonly agent: string;
  /** Everything that is compared, in one canonical line. */
  readonly text: string;
}

export interface Callback {
  readonly framework: string;
  /** agent → its lines, in any order. */
  readonly agents: ReadonlyMap<string, readonly string[]>;
}

export class CallbackLog {
  readonly #what: string;
  #callbacks: Callback[] = [];

  /** `what` the callbacks are, for people. */
  constructor(what: string) {
    this.#what = what;
  }

  /** All that one run said, in any order. */
  addRun(messages: readonly Message[]): void {
    const callbacks = new Map<string, Map<string, string[]>>();
    for (const {framework, agent, text} of messages) {
      const agents = callbacks.get(framework) ?? new Map<string, string[]>();
      callbacks.set(framework, agents);
      agents.set(agent, [...(agents.get(agent) ?? []), text]);
    }
    const inOrder = [...callbacks].sort(([left], [right]) => (left < right ? -1 : 1));
    for (const [framework, agents] of inOrder) this.#callbacks.push({framework, agents});
  }

  /**
   * Takes all callbacks since the last time.
   * @throws Difference when they are not the expected ones
   */
  take(expected: readonly Callback[], anyAgentOrder: boolean): void {
    const got = this.#callbacks;
    this.#callbacks = [];
    const [wantedLines, gotLines] = [linesOf(expected), linesOf(got)];
    if (wantedLines.join('\n') === gotLines.join('\n')) return;
    if (anyAgentOrder && isSameUpToNames(expected, got)) return;
    const what = anyAgentOrder ? `${this.#what}, whatever the agents are called,` : this.#what;
    throw differenceOf(`${what} differ`, wantedLines, gotLines);
  }
}

function linesOf(callbacks: readonly Callback[]): readonly string[] {
  return callbacks.flatMap(({framework, agents}) => [`to ${framework}:`, ...linesOfAgents(agents)]);
}

function linesOfAgents(agents: Callback['agents']): readonly string[] {
  const inOrder = [...agents].sort(([left], [right]) => (left < right ? -1 : 1));
  return inOrder.flatMap(([agent, texts]) => [...texts].sort().map((text) => `  ${agent} ${text}`));
}

/**
 * Whether some one-to-one renaming of agents makes the callbacks equal. It does exactly if the same
 * frameworks are called in the same order, and as many agents have each part in all of it.
 */
function isSameUpToNames(left: readonly Callback[], right: readonly Callback[]): boolean {
  return partsOf(left).join('\n') === partsOf(right).join('\n');
}

/** The frameworks, and what happens to each agent: without the agents' names. */
function partsOf(callbacks: readonly Callback[]): readonly string[] {
  const byAgent = new Map<string, string[]>();
  for (const [at, {agents}] of callbacks.entries()) {
    for (const [agent, texts] of agents) {
      const part = JSON.stringify([at, [...texts].sort()]);
      byAgent.set(agent, [...(byAgent.get(agent) ?? []), part]);
    }
  }
  const parts = [...byAgent.values()].map((part) => part.join());
  return [...callbacks.map(({framework}) => framework), ...parts.sort()];
}
