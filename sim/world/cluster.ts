/**
 * From a scenario's agent groups and node lists to the rows of the cluster, in order of
 * registration.
 */
import {assert} from '../../engine/index.ts';
import type {Amounts} from '../../engine/index.ts';
import {placeOf} from '../scenario/places.ts';
import type {AgentGroup, NodeAssumptions, Resources} from '../scenario/schema.ts';
import type {NodeList, TraceNode} from '../traces/trace.ts';
import type {ClusterAgent} from './agents.ts';

export function makeCluster(
  groups: readonly AgentGroup[],
  nodeLists: ReadonlyMap<string, NodeList>,
): readonly ClusterAgent[] {
  return groups.flatMap((group) => agentsOf(group, nodeLists));
}

function agentsOf(
  group: AgentGroup,
  nodeLists: ReadonlyMap<string, NodeList>,
): readonly ClusterAgent[] {
  if (group.kind === 'uniform') {
    const resources = amountsOf(group.resources);
    return Array.from({length: group.count}, (_, index) => agentOf(group, index, resources, []));
  }
  const list = nodeLists.get(group.name);
  assert(list !== undefined, () => `no node list was read for the agents ${group.name}`);
  const known = new Map<string, Amounts>();
  return list.nodes
    .slice(0, group.limit ?? Infinity)
    .map((node, index) =>
      agentOf(group, index, amountsOfNode(node, group.assume, known), node.attributes),
    );
}

function agentOf(
  group: AgentGroup,
  index: number,
  resources: Amounts,
  attributes: Iterable<readonly [string, string]>,
): ClusterAgent {
  const {hostname, zone, rack} = placeOf(group, index);
  return {
    hostname,
    group: group.name,
    zone,
    rack,
    region: group.region,
    attributes: {...Object.fromEntries(attributes), ...group.attributes},
    resources,
  };
}

/** Nodes of one shape share one object: the engine compiles each object once. */
function amountsOfNode(
  node: TraceNode,
  assume: NodeAssumptions,
  known: Map<string, Amounts>,
): Amounts {
  const scalars: Record<string, number> = Object.fromEntries(node.scalars);
  const cpus = scalars['cpus'] ?? 0;
  // Multiplied in whole cpus: both factors are thousandths.
  scalars['mem'] ??= Math.round((cpus * assume.memPerCpuThousandths) / 1000);
  scalars['disk'] ??= Math.round((cpus * assume.diskPerCpuThousandths) / 1000);
  for (const [name, amount] of Object.entries(assume.add.scalars)) {
    scalars[name] = (scalars[name] ?? 0) + amount;
  }
  const key = JSON.stringify(scalars);
  const amounts = known.get(key) ?? amountsOf({...assume.add, scalars});
  known.set(key, amounts);
  return amounts;
}

/** The scenario's form and the engine's are the same but for what is empty. */
export function amountsOf({scalars, ranges, sets, special}: Resources): Amounts {
  const filled = Object.entries(scalars).filter(([, amount]) => amount !== 0);
  return {
    scalars: Object.fromEntries(filled),
    ...(Object.keys(ranges).length > 0 && {ranges}),
    ...(Object.keys(sets).length > 0 && {sets}),
    ...(special !== undefined && {special}),
  };
}
