/**
 * The properties by which the paper on DRF judges policies (NSDI'11, section 3), in their weighted
 * form. Each function names those who have a reason to complain.
 *
 * Where tasks are whole the properties hold only up to a few tasks. `slack` is 0 for policies that
 * divide tasks and 1 for those that do not; each function says what it then lets pass, and why not
 * less. What it lets pass does not grow with the cluster.
 */
import {
  dominantShareOfTask,
  sharesOfTask,
  tasksIn,
  totalWeight,
  usedOf,
  type Economy,
  type Outcome,
  type Tasks,
} from './fairness-economy.ts';

export type Slack = 0 | 1;
export type Complaints = readonly string[];

/** Relative error of the policies that are computed by floating-point numbers. */
const TOLERANCE = 1e-6;

function isBelow(value: number, bound: number): boolean {
  return value < bound - TOLERANCE * Math.max(1, Math.abs(bound));
}

/**
 * What is left of the cluster, by its scarcest kind, beside one task of every user. When a user's
 * task does not fit any more, no other user is further ahead of it than by one task, so it has
 * reached this part at least of the level at which all would stop if tasks could be divided.
 */
function restBesideOneEach(economy: Economy, slack: Slack): number {
  const shares = economy.users.map((user) => sharesOfTask(economy, user));
  const rests = economy.capacity.map(
    (_, kind) => 1 - slack * shares.reduce((sum, share) => sum + (share[kind] ?? 0), 0),
  );
  return Math.max(0, Math.min(...rests));
}

/**
 * Nobody would be better off with a cluster of its own, of its weight's part of everything.
 * Slack: that part less one task of every user.
 */
export function sharingIncentive({economy, tasks}: Outcome, slack: Slack): Complaints {
  const rest = restBesideOneEach(economy, slack);
  return economy.users.flatMap((user, at) => {
    const part = user.weight / totalWeight(economy);
    const share = (tasks[at] ?? 0) * dominantShareOfTask(economy, user);
    return isBelow(share, part * rest) ? [`user ${at} has ${share}, alone it had ${part}`] : [];
  });
}

/**
 * Nobody could run more tasks with what another has, measured by their weights.
 * Slack: the other's last task (who comes first among equals is one ahead), and less than one task
 * more, of the other's weight (which still found the room that was too small for one's own).
 */
export function envyFreeness({economy, tasks}: Outcome, slack: Slack): Complaints {
  const {users} = economy;
  return users.flatMap((user, at) =>
    users.flatMap((other, otherAt) => {
      const ratio = user.weight / other.weight;
      const enviedTasks = ratio * ((tasks[otherAt] ?? 0) - slack);
      const could = tasksIn(
        other.demand.map((amount) => amount * enviedTasks),
        user.demand,
      );
      const has = tasks[at] ?? 0;
      return isBelow(has + slack * ratio, could)
        ? [`user ${at} runs ${has}, with what user ${otherAt} has it could run ${could}`]
        : [];
    }),
  );
}

/**
 * Nobody can run more without another running less: nothing that a user needs is left, where tasks
 * are whole not enough for one more. Nor is more given out than there is. No slack.
 */
export function paretoEfficiency(outcome: Outcome, slack: Slack): Complaints {
  const {users, capacity} = outcome.economy;
  const used = capacity.map((_, kind) => usedOf(outcome, kind));
  const over = capacity.flatMap((total, kind) =>
    isBelow(total, used[kind] ?? 0) ? [`of kind ${kind} ${used[kind]} of ${total} are used`] : [],
  );
  const more = slack === 0 ? TOLERANCE : 1;
  const idle = users.flatMap(({demand, wants = Infinity}, at) => {
    if ((outcome.tasks[at] ?? 0) >= wants) return [];
    const fits = demand.every(
      (amount, kind) => amount === 0 || (used[kind] ?? 0) + more * amount <= (capacity[kind] ?? 0),
    );
    return fits ? [`user ${at} could run more`] : [];
  });
  return [...over, ...idle];
}

/** What a user says to need, and what everybody got then. */
export interface Lie {
  readonly liar: number;
  readonly claim: readonly number[];
  readonly tasks: Tasks;
}

/**
 * Who claims to need something else than it does runs no more tasks for that. Only for users who
 * need something of every kind: then all stop at about the same time.
 *
 * Slack: the lie may win one claimed task and {@link tasksInGap} beyond the level at which all
 * would stop if tasks could be divided; honesty may stay below it by {@link restBesideOneEach}.
 */
export function strategyProofness(honest: Outcome, lie: Lie, slack: Slack): Complaints {
  const {economy} = honest;
  const demand = economy.users[lie.liar]?.demand ?? [];
  const useful = tasksIn(lie.claim, demand);
  const gained = useful * (lie.tasks[lie.liar] ?? 0);
  const chance = slack * (useful + tasksInGap(economy, lie.liar));
  const has = honest.tasks[lie.liar] ?? 0;
  return isBelow(has, (gained - chance) * restBesideOneEach(economy, slack))
    ? [`user ${lie.liar} runs ${has}, and ${gained} if it claims ${lie.claim.join(', ')}`]
    : [];
}

/** Tasks of a user that may still be put where one of another does not fit any more. */
function tasksInGap({users}: Economy, user: number): number {
  const demand = users[user]?.demand ?? [];
  const gaps = users.map((other, at) =>
    at === user ? 0 : Math.max(...other.demand.map((amount, kind) => amount / (demand[kind] ?? 0))),
  );
  return Math.max(...gaps);
}

/**
 * Nobody runs fewer tasks when something changes that should not hurt it: when another user leaves
 * (population monotonicity), or when there is more of a kind (resource monotonicity, which no
 * policy has). `same` says who is who: the user after by the user before, -1 for who left. Only for
 * users who need something of every kind.
 *
 * Slack: as in {@link strategyProofness}, too much before and too little after.
 */
export function monotonicity(
  before: Outcome,
  after: Outcome,
  same: readonly number[],
  slack: Slack,
): Complaints {
  const rest = restBesideOneEach(after.economy, slack);
  return before.economy.users.flatMap((_, at) => {
    const has = before.tasks[at] ?? 0;
    const left = after.tasks[same[at] ?? -1];
    if (left === undefined) return [];
    const chance = slack * (1 + tasksInGap(before.economy, at));
    return isBelow(left, (has - chance) * rest) ? [`user ${at} ran ${has}, now ${left}`] : [];
  });
}

/** Kinds of which every user needs the greatest part: it is scarce for all of them. */
function bottlenecksOf(economy: Economy): readonly number[] {
  const shares = economy.users.map((user) => sharesOfTask(economy, user));
  return [...economy.capacity.keys()].filter((kind) =>
    shares.every((share) => (share[kind] ?? 0) >= Math.max(...share)),
  );
}

/**
 * A kind that is scarce for all is divided by max-min fairness: who has less of it than another,
 * by their weights, has all that it wants. With one kind only this is single-resource fairness.
 * Slack: one task of each of the two: the other's that made it first, and the room that was too
 * small for one's own.
 */
export function bottleneckFairness({economy, tasks}: Outcome, slack: Slack): Complaints {
  const {users} = economy;
  return bottlenecksOf(economy).flatMap((kind) =>
    users.flatMap(({demand, weight, wants = Infinity}, at) => {
      if ((tasks[at] ?? 0) >= wants) return [];
      const amount = demand[kind] ?? 0;
      const has = ((tasks[at] ?? 0) * amount) / weight;
      return users.flatMap((other, otherAt) => {
        const theirs = other.demand[kind] ?? 0;
        const given = (tasks[otherAt] ?? 0) * theirs - slack * (theirs + amount);
        return isBelow(has, given / other.weight)
          ? [`user ${at} has ${has} of kind ${kind}, user ${otherAt} ${given / other.weight}`]
          : [];
      });
    }),
  );
}
