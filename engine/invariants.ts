/**
 * What must hold between any two steps, derived anew from agents, offers and tasks: nothing
 * over-allocated, nothing offered twice, everything that is free counted as free, every task in one
 * place, no port twice.
 */
import type {Master} from './master/master.ts';
import {
  isPresent,
  isTerminal,
  offersOf,
  type AgentRecord,
  type TaskRecord,
} from './master/records.ts';
import {printAmounts} from './resources/amounts.ts';
import {addRanges, countRanges} from './resources/ranges.ts';
import {nonShared} from './resources/select.ts';
import type {ScalarKinds} from './resources/kinds.ts';
import {
  addInto,
  addResources,
  equalResources,
  NO_RESOURCES,
  scalarSums,
  type Resources,
} from './resources/vector.ts';

/** Sentences about what is wrong; empty when the state is sound. O(agents + tasks + offers). */
export function violationsOf(master: Master, kinds: ScalarKinds): readonly string[] {
  const violations: string[] = [];
  for (const agent of master.agents.values()) checkAgent(agent, master, kinds, violations);
  checkTasks(master, violations);
  checkShares(master, kinds, violations);
  return violations;
}

/** Tasks + offers + free must be the total, item by item; shared volumes apart, without overlap. */
function checkAgent(
  agent: AgentRecord,
  master: Master,
  kinds: ScalarKinds,
  violations: string[],
): void {
  const {info, state, total, slot} = agent;
  if (!isPresent(agent)) {
    if (agent.tasks.length > 0 || agent.offers !== undefined) {
      violations.push(`${state} agent ${info.id} holds tasks or offers`);
    }
    return;
  }
  const parts: Resources[] = [master.allocator.availableOn(slot)];
  for (const task of agent.tasks) if (!isTerminal(task.state)) parts.push(task.resources);
  for (const {offer} of offersOf(agent)) parts.push(offer.resources);
  let sum = NO_RESOURCES;
  for (const part of parts) {
    if (part.scalars.some((fixed) => fixed < 0)) {
      violations.push(`agent ${info.id} has a negative part: ${describe(part, kinds)}`);
    }
    checkOverlap(info.id, sum, part, violations);
    sum = addResources(sum, nonShared(part));
  }
  if (!equalResources(sum, nonShared(total))) {
    violations.push(
      `agent ${info.id}: tasks, offers and free are ${describe(sum, kinds)}, ` +
        `not its total ${describe(total, kinds)}`,
    );
  }
  if (state !== 'active' && agent.offers !== undefined) {
    violations.push(`agent ${info.id} is ${state} and offered`);
  }
}

function checkOverlap(
  agentId: string,
  sum: Resources,
  part: Resources,
  violations: string[],
): void {
  for (const {name, ranges} of part.ranges) {
    const before = sum.ranges.find((entry) => entry.name === name)?.ranges ?? [];
    const together = countRanges(addRanges(before, ranges));
    if (together === countRanges(before) + countRanges(ranges)) continue;
    violations.push(`agent ${agentId}: a number of ${name} is given twice`);
  }
}

/** Every task is known to its framework and to its agent, and to no other. */
function checkTasks(master: Master, violations: string[]): void {
  const seen = new Map<TaskRecord, number>();
  for (const agent of master.agents.values()) {
    for (const task of agent.tasks) {
      seen.set(task, (seen.get(task) ?? 0) + 1);
      if (task.agent !== agent || agent.tasks[task.position] !== task)
        violations.push(`task ${task.id} is listed on a foreign agent`);
    }
  }
  let known = 0;
  for (const framework of master.frameworks.values()) {
    for (const task of framework.tasks.values()) {
      known += 1;
      if (seen.get(task) !== 1) {
        violations.push(`task ${task.id} is on ${seen.get(task) ?? 0} agents, not on one`);
      }
    }
  }
  if (known !== seen.size) {
    violations.push(`agents list ${seen.size} tasks, frameworks ${known}`);
  }
  for (const {offer, agent} of master.offers.values()) {
    if (offersOf(agent).some((record) => record.offer === offer)) continue;
    violations.push(`offer ${offer.id} is not listed on its agent`);
  }
}

/** What a framework is charged with is what it uses and holds in offers. */
function checkShares(master: Master, kinds: ScalarKinds, violations: string[]): void {
  for (const {info, tasks} of master.frameworks.values()) {
    const byRole = new Map<string, number[]>(
      master.allocator.rolesOf(info.id).map((role) => [role, []]),
    );
    const add = (role: string, resources: Resources): void => {
      const sums = byRole.get(role) ?? [];
      addInto(sums, scalarSums(resources), 1);
      byRole.set(role, sums);
    };
    for (const {role, state, resources} of tasks.values()) {
      if (!isTerminal(state)) add(role, resources);
    }
    for (const {offer, framework} of master.offers.values()) {
      if (framework.info.id === info.id) add(offer.role, offer.resources);
    }
    for (const [role, sums] of byRole) {
      const subscriber = master.allocator.findSubscriber(info.id, role) ?? -1;
      const charged = Array.from(master.allocator.allocationOf(subscriber));
      if (kinds.names.every((_, kind) => (sums[kind] ?? 0) === (charged[kind] ?? 0))) continue;
      const who = `framework ${info.id} in role ${role}`;
      violations.push(`${who} is charged ${charged.join(',')}, not ${sums.join(',')}`);
    }
  }
}

function describe(resources: Resources, kinds: ScalarKinds): string {
  return printAmounts(kinds.describe(resources));
}
