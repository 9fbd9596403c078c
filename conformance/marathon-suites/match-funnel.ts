/** The counters of a launch attempt, in the words of the suite `matching`. */
import {
  agentIdOf,
  funnelOf,
  LaneStats,
  offerIdOf,
  REASONS,
  SeenAgents,
  type FunnelRow,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';

export interface FunnelResult {
  readonly processedOffersCount: number;
  readonly unusedOffersCount: number;
  readonly rejectSummaryLaunchAttempt: readonly FunnelRow[];
}

interface SeenByCase {
  readonly agent: string;
  /** None: the offer was used. */
  readonly reasons: readonly string[];
}

export function playFunnel(seen: readonly SeenByCase[]): FunnelResult {
  const agents = new SeenAgents();
  const stats = new LaneStats(agents);
  for (const [at, {agent, reasons}] of seen.entries()) {
    const id = agentIdOf(agent);
    const slot = agents.slotOf(id);
    if (reasons.length === 0) {
      stats.used(slot, at);
      continue;
    }
    const refusal = reasons.reduce((sum, reason) => sum | bitOf(reason), 0);
    const resources = {scalars: [], ranges: [], sets: [], special: []};
    const offer = {id: offerIdOf(at + 1), agent: {id, hostname: agent, attributes: {}}, resources};
    stats.refused(slot, {offer, refusal, at}, -1);
  }
  return {
    processedOffersCount: stats.processed,
    unusedOffersCount: stats.unused,
    rejectSummaryLaunchAttempt: funnelOf(stats.declined, stats.processed),
  };
}

function bitOf(reason: string): number {
  const at = REASONS.findIndex((known) => known === reason);
  if (at < 0) throw new UnknownInCase(`unknown reason '${reason}'`);
  return 1 << at;
}
