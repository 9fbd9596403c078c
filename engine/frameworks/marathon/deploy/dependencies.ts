/**
 * The graph of dependencies between apps: a dependency on a group means all apps in it (reference
 * part 3.3).
 */

/** App id → what it depends on: apps and groups, as absolute paths. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** Apps that each app depends on directly. */
function edges(dependencies: Dependencies): ReadonlyMap<string, readonly string[]> {
  const ids = [...dependencies.keys()].sort();
  return new Map(
    [...dependencies].map(([id, paths]) => [
      id,
      paths.flatMap((path) => {
        if (dependencies.has(path)) return [path];
        const prefix = path === '/' ? '/' : `${path}/`;
        return ids.filter((other) => other !== id && other.startsWith(prefix));
      }),
    ]),
  );
}

/** Number of apps on the longest path that ends at each app; undefined when there is a cycle. */
export function dependencyDepths(
  dependencies: Dependencies,
): ReadonlyMap<string, number> | undefined {
  const graph = edges(dependencies);
  const depths = new Map<string, number>();
  const open = new Set<string>();
  for (const root of graph.keys()) {
    // A stack of our own: the graph may be deeper than the call stack.
    const stack = [root];
    while (stack.length > 0) {
      const id = stack.at(-1) as string;
      const needed = graph.get(id) ?? [];
      const missing = depths.has(id) ? undefined : needed.find((other) => !depths.has(other));
      if (missing === undefined) {
        depths.set(id, 1 + Math.max(0, ...needed.map((other) => depths.get(other) ?? 0)));
        open.delete(id);
        stack.pop();
        continue;
      }
      open.add(id);
      if (open.has(missing)) return undefined;
      stack.push(missing);
    }
  }
  return depths;
}
