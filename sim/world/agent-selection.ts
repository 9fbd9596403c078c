/** Which agents an event or a failure process means. */
import type {Random} from '../../engine/index.ts';
import type {AgentSelection} from '../scenario/schema.ts';
import type {AgentTable} from './agents.ts';

export interface SelectionContext {
  readonly random: Random;
  /** Whether `count` and `fraction` draw from agents that are up only. */
  readonly isOnlyUp: boolean;
}

/** Rows of the agents, in order of registration. */
export function selectAgents(
  agents: AgentTable,
  selection: AgentSelection,
  {random, isOnlyUp}: SelectionContext,
): readonly number[] {
  const {count, fraction} = selection;
  const candidates: number[] = [];
  const names = selection.names === undefined ? undefined : new Set(selection.names);
  for (const [row, agent] of agents.agents.entries()) {
    if (names !== undefined && !names.has(agent.hostname)) continue;
    if (selection.group !== undefined && agent.group !== selection.group) continue;
    if (selection.zone !== undefined && agent.zone !== selection.zone) continue;
    if (selection.rack !== undefined && agent.rack !== selection.rack) continue;
    candidates.push(row);
  }
  if (count === undefined && fraction === undefined) return candidates;
  const drawable = isOnlyUp ? candidates.filter((row) => agents.isUp(row)) : candidates;
  const wanted = count ?? shareOf(drawable.length, fraction ?? 0);
  return drawSome(drawable, Math.min(wanted, drawable.length), random);
}

/** Fractions are rounded up; 0.1 of 10 is 1, whatever the last binary digit says. */
export function shareOf(total: number, fraction: number): number {
  return Math.max(0, Math.min(total, Math.ceil(total * fraction - 1e-9)));
}

/** The first steps of a shuffle, then put back into order. */
export function drawSome(rows: number[], count: number, random: Random): readonly number[] {
  for (let at = 0; at < count; at += 1) {
    const other = at + random.below(rows.length - at);
    const row = rows[other] as number;
    rows[other] = rows[at] as number;
    rows[at] = row;
  }
  return rows.slice(0, count).sort((left, right) => left - right);
}
