/**
 * Whether the agents have what an app wants. Marathon asks only for offers that it can use: where
 * nothing is large enough none comes, and its queue has nothing to tell.
 */
import {amountOf, type MesosAgent} from '../../mesos/state.ts';
import type {AppForm} from './forms.ts';

const KINDS = ['cpus', 'mem', 'disk', 'gpus'] as const;
type Kind = (typeof KINDS)[number];
type Wanted = readonly (readonly [kind: Kind, amount: number])[];

/** Undefined: there is an agent with enough of all of it free. */
export function lackOfRoom(app: AppForm, agents: readonly MesosAgent[]): string | undefined {
  const wanted: Wanted = KINDS.map((kind) => [kind, app[kind] ?? 0]);
  const needed = wanted.filter(([, amount]) => amount > 0);
  const what = needed.map(([kind, amount]) => `${kind} ${amount}`).join(', ');
  const active = agents.filter(({active: isActive}) => isActive !== false);
  if (active.length === 0) return 'There is no active agent in the cluster.';
  const large = active.filter((agent) =>
    needed.every(([kind, least]) => totalOf(agent, kind) >= least),
  );
  if (large.length === 0) {
    const most = needed.map(
      ([kind]) => `${kind} ${mostOf(active, (agent) => totalOf(agent, kind))}`,
    );
    return (
      `No agent is large enough: an instance wants ${what}; ` +
      `the most that any has is ${most.join(', ')}.`
    );
  }
  const free = large.filter((agent) =>
    needed.every(([kind, least]) => freeOf(agent, kind) >= least),
  );
  if (free.length > 0) return undefined;
  const most = needed.map(([kind]) => `${kind} ${mostOf(large, (agent) => freeOf(agent, kind))}`);
  const count = `${large.length} of ${active.length} agents are`;
  return (
    `${large.length === 1 ? 'One agent is' : count} large enough for ${what}, ` +
    `but what is free there is less: ${most.join(', ')} at most.`
  );
}

function totalOf({resources}: MesosAgent, kind: Kind): number {
  return amountOf(resources, kind);
}

function freeOf({resources, used_resources: used}: MesosAgent, kind: Kind): number {
  return Number((amountOf(resources, kind) - amountOf(used, kind)).toFixed(3));
}

function mostOf(agents: readonly MesosAgent[], amount: (agent: MesosAgent) => number): number {
  return Math.max(...agents.map(amount));
}
