/** The requests of an operator that an event of a scenario stands for. */
import type {AgentId, OperatorRequest} from '../../../engine/index.ts';
import type {TimedEvent} from '../../scenario/schema.ts';
import type {WorldPort} from './source.ts';

export type OperatorEvent = Extract<
  TimedEvent,
  {readonly kind: 'quota' | 'weight' | 'maintenance' | 'whitelist'}
>;

/** `stream`: the one from which agents are drawn. */
export function operatorRequests(
  event: OperatorEvent,
  now: number,
  stream: string,
  port: WorldPort,
): readonly OperatorRequest[] {
  switch (event.kind) {
    case 'quota': {
      const {role, guarantees, limits, force} = event;
      return [{type: 'updateQuota', configs: [{role, guarantees, limits}], force}];
    }
    case 'weight':
      return [{type: 'updateWeights', weights: {[event.role]: event.weight}}];
    case 'maintenance': {
      const {agents, inMs, forMs: durationMs} = event;
      const startMs = now + inMs;
      const unavailability = durationMs === undefined ? {startMs} : {startMs, durationMs};
      // Of a machine that is down nobody needs to be told that it will be.
      return port
        .agentsOf(agents, stream)
        .filter((agentId) => port.isUp(agentId))
        .map((agentId) => ({type: 'updateUnavailability', agentId, unavailability}));
    }
    case 'whitelist':
      return [{type: 'updateWhitelist', hostnames: whitelisted(event, stream, port)}];
    default:
      return event satisfies never;
  }
}

/** The ids of virtual agents are their hostnames. */
function whitelisted(
  {agents}: Extract<OperatorEvent, {kind: 'whitelist'}>,
  stream: string,
  port: WorldPort,
): readonly AgentId[] | null {
  return agents === 'all' ? null : port.agentsOf(agents, stream);
}
