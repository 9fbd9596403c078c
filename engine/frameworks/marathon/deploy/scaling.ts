/** Which instances go, and how many come, when an app is scaled (reference part 3.6). Pure. */
import type {Condition, Goal} from '../instances/instances.ts';

/** What the choice looks at. */
export interface ScalableInstance {
  readonly id: string;
  readonly goal: Goal;
  readonly condition: Condition;
  readonly since: number;
  readonly stagedAt: number | undefined;
  readonly startedAt: number | undefined;
}

export interface ScalingRequest<T extends ScalableInstance> {
  readonly instances: Iterable<T>;
  readonly scaleTo: number;
  readonly killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
  /** Instances that have to go in any case, and are replaced where needed. */
  readonly toKill?: ReadonlySet<string> | undefined;
  /** Values of the fields that GROUP_BY constraints keep even; one function per constraint. */
  readonly groupedBy?: readonly ((instance: T) => string | undefined)[] | undefined;
}

export interface ScalingProposition<T> {
  /** In the order in which they go. */
  readonly decommission: readonly T[];
  readonly start: number;
}

export function isInPool({goal, condition}: {goal: Goal; condition: Condition}): boolean {
  return goal === 'Running' && condition !== 'UnreachableInactive';
}

/**
 * Named instances first, then what keeps groups even, then the least useful: unreachable, staging,
 * starting, running. Among equals the kill selection decides, at last the id, so that the choice
 * has no accident in it. Health does not count. O(n log n) in the number of instances.
 */
export function proposeScaling<T extends ScalableInstance>(
  request: ScalingRequest<T>,
): ScalingProposition<T> {
  const {scaleTo, killSelection, toKill = new Set(), groupedBy = []} = request;
  const pool: T[] = [];
  for (const instance of request.instances) if (isInPool(instance)) pool.push(instance);
  const named = pool.filter(({id}) => toKill.has(id));
  const count = Math.max(pool.length - scaleTo, named.length);
  const start = scaleTo - pool.length + count;
  if (count === 0) return {decommission: [], start};
  const rest = pool
    .filter(({id}) => !toKill.has(id))
    .sort((left, right) => killOrder(left, right, killSelection));
  const even =
    groupedBy.length === 0 || count === pool.length
      ? []
      : keepEven(rest, count - named.length, groupedBy);
  const chosen = new Set(even);
  const others = rest.filter((instance) => !chosen.has(instance));
  return {decommission: [...named, ...even, ...others].slice(0, count), start};
}

function weight(condition: Condition): number {
  switch (condition) {
    case 'Unreachable':
      return 1;
    case 'Staging':
      return 2;
    case 'Starting':
      return 3;
    case 'Running':
      return 4;
    default:
      return 5;
  }
}

function killOrder(
  left: ScalableInstance,
  right: ScalableInstance,
  killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST',
): number {
  const byCondition = weight(left.condition) - weight(right.condition);
  if (byCondition !== 0) return byCondition;
  const mine = instantOf(left);
  const other = instantOf(right);
  if (mine === undefined || other === undefined) {
    if (mine !== other) return mine === undefined ? -1 : 1;
  } else if (mine !== other) {
    return killSelection === 'YOUNGEST_FIRST' ? other - mine : mine - other;
  }
  return left.id < right.id ? -1 : 1;
}

function instantOf({condition, stagedAt, since, startedAt}: ScalableInstance): number | undefined {
  switch (condition) {
    case 'Staging':
      return stagedAt;
    case 'Starting':
      return since;
    default:
      return startedAt;
  }
}

/**
 * Takes members of the largest groups as long as no grouping becomes less even by it. May return
 * fewer than asked. Each round looks at every grouping and at the instances left: O(count ×
 * instances), on scale-downs with GROUP_BY only.
 */
function keepEven<T extends ScalableInstance>(
  instances: readonly T[],
  count: number,
  groupedBy: readonly ((instance: T) => string | undefined)[],
): readonly T[] {
  const left = new Set(instances);
  const tables = groupedBy.map((valueOf) => {
    const sizes = new Map<string, number>();
    for (const instance of instances) {
      const value = valueOf(instance) ?? '';
      sizes.set(value, (sizes.get(value) ?? 0) + 1);
    }
    return {valueOf, sizes};
  });
  const chosen: T[] = [];
  while (chosen.length < count) {
    const ordered = [...tables].sort((one, two) => spread(two.sizes) - spread(one.sizes));
    const next = nextEven([...left], ordered);
    if (next === undefined) return chosen;
    left.delete(next);
    chosen.push(next);
    for (const {valueOf, sizes} of tables) shrink(sizes, valueOf(next) ?? '');
  }
  return chosen;
}

interface Grouping<T> {
  readonly valueOf: (instance: T) => string | undefined;
  readonly sizes: Map<string, number>;
}

function nextEven<T>(left: readonly T[], groupings: readonly Grouping<T>[]): T | undefined {
  const [worst] = groupings;
  if (worst === undefined) return undefined;
  const largest = Math.max(...worst.sizes.values());
  const isUneven = spread(worst.sizes) > 0;
  const inLargest = (instance: T): boolean =>
    worst.sizes.get(worst.valueOf(instance) ?? '') === largest;
  const candidates = [
    ...(isUneven ? left.filter(inLargest) : []),
    ...left.filter((instance) => !isUneven || !inLargest(instance)),
  ];
  return candidates.find((instance) =>
    groupings.every(({valueOf, sizes}) => {
      const before = spread(sizes);
      const without = new Map(sizes);
      shrink(without, valueOf(instance) ?? '');
      const after = spread(without);
      return after <= 1 || after < before;
    }),
  );
}

function shrink(sizes: Map<string, number>, value: string): void {
  sizes.set(value, (sizes.get(value) ?? 0) - 1);
}

function spread(sizes: ReadonlyMap<string, number>): number {
  const counts = [...sizes.values()];
  return counts.length === 0 ? 0 : Math.max(...counts) - Math.min(...counts);
}
