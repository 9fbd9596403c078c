/**
 * The graph of jobs that wait for one another, as far as its shape goes. Nothing here calls itself:
 * chains are longer than the call stack.
 */

/** Names of those for which a job waits. */
export type ParentsOf = (name: string) => Iterable<string>;

export type JobOrder =
  | {readonly ok: true; readonly order: readonly string[]}
  /** Each waits for the next one, the last for the first. */
  | {readonly ok: false; readonly cycle: readonly string[]};

/**
 * These jobs, parents before children, and otherwise in the order in which they come. Parents that
 * are not among them do not count.
 */
export function topologicalOrder(names: Iterable<string>, parentsOf: ParentsOf): JobOrder {
  const listed = new Set(names);
  const order: string[] = [];
  const done = new Set<string>();
  for (const root of listed) {
    // A job is open from when it is met until all its parents stand in the order.
    const open = new Map<string, Iterator<string>>();
    const stack: string[] = [];
    const enter = (name: string): void => {
      stack.push(name);
      open.set(name, parentsOf(name)[Symbol.iterator]());
    };
    if (!done.has(root)) enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = open.get(top)?.next();
      if (next === undefined || next.done === true) {
        stack.pop();
        open.delete(top);
        done.add(top);
        order.push(top);
      } else if (open.has(next.value)) {
        return {ok: false, cycle: stack.slice(stack.indexOf(next.value))};
      } else if (listed.has(next.value) && !done.has(next.value)) {
        enter(next.value);
      }
    }
  }
  return {ok: true, order};
}

/**
 * The shortest chain of jobs, each waiting for the next, that begins with one of `from` and ends
 * with `target`; undefined if there is none.
 */
export function chainTo(
  target: string,
  from: readonly string[],
  parentsOf: ParentsOf,
): readonly string[] | undefined {
  /** From a job that was met to the one that waits for it. */
  const children = new Map<string, string | undefined>(from.map((name) => [name, undefined]));
  // A map that grows while it is gone through hands out what was added, in order.
  for (const name of children.keys()) {
    if (name === target) return chainBack(target, children);
    for (const parent of parentsOf(name)) {
      if (!children.has(parent)) children.set(parent, name);
    }
  }
  return undefined;
}

function chainBack(
  target: string,
  children: ReadonlyMap<string, string | undefined>,
): readonly string[] {
  const chain: string[] = [];
  for (let at: string | undefined = target; at !== undefined; at = children.get(at)) chain.push(at);
  return chain.reverse();
}
