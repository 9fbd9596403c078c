/**
 * What the theory of fair division looks at: users who run tasks of one shape each, and a pool of
 * resources (Ghodsi et al., "Dominant Resource Fairness", NSDI'11, section 3).
 */

export interface User {
  /** What one task takes, by kind; something of at least one kind. */
  readonly demand: readonly number[];
  readonly weight: number;
  /** Tasks that it has to run; absent: without end. */
  readonly wants?: number | undefined;
}

export interface Economy {
  /** What there is, by kind. */
  readonly capacity: readonly number[];
  readonly users: readonly User[];
}

/** Running tasks by user: whole ones, or also parts of tasks where a policy divides them. */
export type Tasks = readonly number[];

export interface Outcome {
  readonly economy: Economy;
  readonly tasks: Tasks;
}

/** The part of the pool, by kind, that one task is. */
export function sharesOfTask({capacity}: Economy, {demand}: User): readonly number[] {
  return demand.map((amount, kind) => amount / (capacity[kind] ?? 0));
}

/** The greatest of them. */
export function dominantShareOfTask(economy: Economy, user: User): number {
  return Math.max(...sharesOfTask(economy, user));
}

/** What the tasks take of a kind. */
export function usedOf({economy, tasks}: Outcome, kind: number): number {
  return economy.users.reduce(
    (sum, {demand}, user) => sum + (demand[kind] ?? 0) * (tasks[user] ?? 0),
    0,
  );
}

export function totalWeight({users}: Economy): number {
  return users.reduce((sum, {weight}) => sum + weight, 0);
}

/** Tasks with this demand that fit into an amount of everything; a part of one counts as that. */
export function tasksIn(amounts: readonly number[], demand: readonly number[]): number {
  let tasks = Infinity;
  for (const [kind, amount] of demand.entries()) {
    if (amount > 0) tasks = Math.min(tasks, (amounts[kind] ?? 0) / amount);
  }
  return tasks;
}

/** The same with one user's demand replaced. */
export function withDemand(economy: Economy, liar: number, demand: readonly number[]): Economy {
  const users = economy.users.map((user, at) => (at === liar ? {...user, demand} : user));
  return {...economy, users};
}

export function withoutUser(economy: Economy, leaver: number): Economy {
  return {...economy, users: economy.users.filter((_, user) => user !== leaver)};
}

/** The same demands in a cluster that many times as large. */
export function scaled({capacity, users}: Economy, factor: number): Economy {
  return {capacity: capacity.map((amount) => amount * factor), users};
}

/** Users in the order in which they were given their tasks. */
export type Filling = readonly number[];

export function tasksOf({users}: Economy, filling: Filling): Tasks {
  const tasks = users.map(() => 0);
  for (const user of filling) tasks[user] = (tasks[user] ?? 0) + 1;
  return tasks;
}

/** Whether a user has another task, and it fits. */
export function canRunMore(
  user: User | undefined,
  tasks: number,
  free: readonly number[],
): boolean {
  if (user === undefined || tasks >= (user.wants ?? Infinity)) return false;
  return user.demand.every((amount, kind) => amount <= (free[kind] ?? 0));
}

export function takeFrom(free: number[], user: User | undefined): void {
  for (const [kind, amount] of user?.demand.entries() ?? []) {
    free[kind] = (free[kind] ?? 0) - amount;
  }
}
