/**
 * The graph of dependencies between apps: a dependency on a group means all apps in it (reference
 * part 3.3).
 */

/** App id → what it depends on: apps and groups, as absolute paths. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** Number of apps on the longest path that ends at each app; undefined when there is a cycle. */
export function dependencyDepths(
  dependencies: Dependencies,
): ReadonlyMap<string, number> | undefined {
  const graph = new Graph(dependencies);
  const depths = new Map<string, number>();
  for (const id of dependencies.keys()) {
    const depth = graph.depthOf(id);
    if (depth === undefined) return undefined;
    depths.set(id, depth);
  }
  return depths;
}

/**
 * Nodes are apps (by id) and groups (by path and a slash), so that ten thousand apps that depend on
 * a group of ten thousand make twenty thousand edges.
 */
class Graph {
  readonly #dependencies: Dependencies;
  readonly #ids: readonly string[];
  readonly #depths = new Map<string, number>();

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#ids = [...dependencies.keys()].sort();
  }

  /** Of a node and all it needs; undefined when a cycle is met. */
  depthOf(root: string): number | undefined {
    const open = new Set<string>();
    // A stack of our own: the graph may be deeper than the call stack.
    const stack = [{node: root, needed: this.#needed(root), at: 0}];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      open.add(top.node);
      const next = top.needed[top.at];
      if (this.#depths.has(top.node) || next === undefined) {
        this.#close(top.node, top.needed);
        open.delete(top.node);
        stack.pop();
        continue;
      }
      top.at += 1;
      if (this.#depths.has(next)) continue;
      if (open.has(next)) return undefined;
      stack.push({node: next, needed: this.#needed(next), at: 0});
    }
    return this.#depths.get(root);
  }

  #close(node: string, needed: readonly string[]): void {
    if (this.#depths.has(node)) return;
    let deepest = 0;
    for (const other of needed) deepest = Math.max(deepest, this.#depths.get(other) ?? 0);
    this.#depths.set(node, node.endsWith('/') ? deepest : deepest + 1);
  }

  #needed(node: string): readonly string[] {
    if (node.endsWith('/')) return this.#appsBelow(node);
    return (this.#dependencies.get(node) ?? []).flatMap((path) => {
      if (this.#dependencies.has(path)) return [path];
      const group = path === '/' ? '/' : `${path}/`;
      if (!node.startsWith(group)) return [group];
      // A member of the group waits for all the others.
      return this.#appsBelow(group).filter((id) => id !== node);
    });
  }

  /** Ids with this beginning stand together in order. */
  #appsBelow(prefix: string): readonly string[] {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ids[middle] as string) < prefix) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (this.#ids[end]?.startsWith(prefix) === true) end += 1;
    return this.#ids.slice(low, end);
  }
}
