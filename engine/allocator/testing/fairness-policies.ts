/**
 * The policies that the paper on DRF compares, dividing tasks at will, straight from their
 * definitions (NSDI'11, sections 4 and 5): DRF itself, asset fairness and CEEI, competitive
 * equilibrium from equal incomes. And filling by whole tasks, as its algorithm 1 does it.
 */
import {assert} from '../../kernel/assert.ts';
import {
  canRunMore,
  dominantShareOfTask,
  sharesOfTask,
  takeFrom,
  totalWeight,
  type Economy,
  type Filling,
  type Tasks,
  type User,
} from './fairness-economy.ts';

/** What decides who is behind: what a task of a user, or all of them, cost, over its weight. */
export type CostOfTask = (economy: Economy, user: User) => number;

/** Asset fairness: a part of one kind is worth as much as the same part of any other. */
export function assetCostOfTask(economy: Economy, user: User): number {
  return sharesOfTask(economy, user).reduce((sum, share) => sum + share, 0);
}

export const fluidDrf = (economy: Economy): Tasks => fluidFilling(economy, dominantShareOfTask);
export const assetFairness = (economy: Economy): Tasks => fluidFilling(economy, assetCostOfTask);

/**
 * Everybody's cost grows at the speed of its weight; who needs something that is used up stands
 * still from then on.
 */
function fluidFilling(economy: Economy, costOf: CostOfTask): Tasks {
  const {users, capacity} = economy;
  const tasks = users.map(() => 0);
  const free = [...capacity];
  const speeds = users.map((user) => user.weight / costOf(economy, user));
  let growing = users.map((_, user) => user);
  while (growing.length > 0) {
    const flows = capacity.map((_, kind) =>
      growing.reduce((sum, at) => sum + speedOf(speeds, at) * (users[at]?.demand[kind] ?? 0), 0),
    );
    const ends = flows.map((flow, kind) => (flow > 0 ? (free[kind] ?? 0) / flow : Infinity));
    const end = Math.min(...ends);
    for (const at of growing) tasks[at] = (tasks[at] ?? 0) + end * speedOf(speeds, at);
    for (const [kind, flow] of flows.entries()) free[kind] = (free[kind] ?? 0) - end * flow;
    // Kinds that end together may differ in the last bits.
    const usedUp = ends.map((one) => one <= end * (1 + 1e-9));
    growing = growing.filter(
      (at) => !users[at]?.demand.some((amount, kind) => amount > 0 && usedUp[kind] === true),
    );
  }
  return tasks;
}

function speedOf(speeds: readonly number[], user: number): number {
  return speeds[user] ?? 0;
}

/**
 * Everybody has money for its weight and buys what it can run most tasks with, at the prices at
 * which the market is cleared. For one kind or two, as in the paper's examples: the first one's
 * price is too low as long as it is asked for more than the second.
 */
export function ceei(economy: Economy): Tasks {
  assert(economy.capacity.length <= 2, 'CEEI is solved for two kinds');
  const {users} = economy;
  const income = totalWeight(economy);
  const shares = users.map((user) => sharesOfTask(economy, user));
  const bought = (price: number): readonly number[] =>
    shares.map(([first = 0, second = 0], at) => {
      return (users[at]?.weight ?? 0) / (price * first + (income - price) * second);
    });
  let low = 0;
  let high = income;
  for (let step = 0; step < 100; step += 1) {
    const price = (low + high) / 2;
    const excess = bought(price).reduce((sum, tasks, at) => {
      const [first = 0, second = 0] = shares[at] ?? [];
      return sum + tasks * (first - second);
    }, 0);
    if (excess > 0) low = price;
    else high = price;
  }
  return bought((low + high) / 2);
}

/**
 * Whole tasks, one at a time, to the user that is most behind among those whose next task fits; of
 * equals to the one that has fewer tasks, then to the first.
 */
export function fillByCost(economy: Economy, costOf: CostOfTask): Filling {
  const {users} = economy;
  const tasks = users.map(() => 0);
  const free = [...economy.capacity];
  const filling: number[] = [];
  for (;;) {
    const next = users
      .map((one, user) => {
        const count = tasks[user] ?? 0;
        const demand = one.demand.map((amount) => count * amount);
        return {user, count, behind: costOf(economy, {...one, demand}) / one.weight};
      })
      .filter(({user, count}) => canRunMore(users[user], count, free))
      .sort((left, right) => left.behind - right.behind || left.count - right.count)[0];
    if (next === undefined) return filling;
    const {user, count} = next;
    filling.push(user);
    tasks[user] = count + 1;
    takeFrom(free, users[user]);
  }
}
