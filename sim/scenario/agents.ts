/**
 * Agent groups: from their written form to rows of agents, and which agents a selection may name.
 */
import {NO_RESOURCES} from './amounts.ts';
import type {ScenarioFile} from './file-schema.ts';
import {foundText} from './fields.ts';
import type {FieldPath} from './problems.ts';
import {checkUnique, optional, type Resolving} from './resolving.ts';
import type {AgentGroup, AgentSelection, NodeAssumptions} from './schema.ts';

type WrittenGroup = ScenarioFile['cluster']['agents'][number];
type WrittenNodes = Extract<WrittenGroup, {nodes: unknown}>;

export function resolveAgents(groups: readonly WrittenGroup[], resolving: Resolving): AgentGroup[] {
  const path = (index: number): FieldPath => ['cluster', 'agents', index];
  checkUnique(
    groups.map(({name}, index) => ({name, path: [...path(index), 'name']})),
    'agent group',
    resolving,
  );
  return groups.flatMap((group, index) => resolveGroup(group, path(index), resolving) ?? []);
}

function resolveGroup(
  group: WrittenGroup,
  path: FieldPath,
  resolving: Resolving,
): AgentGroup | undefined {
  const zones = placeNames(group.zones, 'zone');
  const racks = placeNames(group.racks, 'rack');
  if (racks.length > 0 && racks.length < zones.length) {
    const expected = `at least as many racks as zones (${zones.length})`;
    resolving.problem([...path, 'racks'], `expected ${expected}, found ${racks.length}`);
  }
  const attributes = Object.entries(group.attributes ?? {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  const base = {
    name: group.name,
    attributes: Object.fromEntries(attributes) as Record<string, string>,
    zones,
    racks,
    ...optional('region', group.region),
  };
  if ('resources' in group) {
    return {kind: 'uniform', ...base, count: group.count ?? 1, resources: group.resources};
  }
  return resolveNodes(group, base, path, resolving);
}

function resolveNodes(
  group: WrittenNodes,
  base: Omit<AgentGroup, 'kind' | 'count' | 'resources' | 'file' | 'format' | 'limit' | 'assume'>,
  path: FieldPath,
  resolving: Resolving,
): AgentGroup | undefined {
  const assume = assumptionsOf(group);
  const {nodes} = group;
  const limit = optional('limit', group.limit);
  if (typeof nodes !== 'string') {
    if (group.format !== undefined) {
      const message = 'expected no format, because the nodes are synthesised';
      resolving.problem([...path, 'format'], message);
    }
    return {kind: 'synthesised', ...base, model: nodes.synthesise, ...limit, assume};
  }
  const file = resolving.findFile(nodes, [...path, 'nodes']);
  const format = optional('format', group.format);
  return file && {kind: 'listed', ...base, file, ...format, ...limit, assume};
}

function assumptionsOf({assume}: WrittenNodes): NodeAssumptions {
  return {
    memPerCpuThousandths: Math.round((assume?.memPerCpu ?? 0) * 1000),
    diskPerCpuThousandths: Math.round((assume?.diskPerCpu ?? 0) * 1000),
    add: assume?.add ?? NO_RESOURCES,
  };
}

function placeNames(
  places: number | readonly string[] | undefined,
  prefix: string,
): readonly string[] {
  if (typeof places !== 'number') return places ?? [];
  return Array.from({length: places}, (_, index) => `${prefix}-${index}`);
}

/** Notes groups, zones, racks and hostnames that the cluster does not have. */
export function checkSelection(
  selection: AgentSelection,
  groups: readonly AgentGroup[],
  path: FieldPath,
  resolving: Resolving,
): void {
  const known = {
    group: groups.map(({name}) => name),
    zone: groups.flatMap(({zones}) => zones),
    rack: groups.flatMap(({racks}) => racks),
  };
  for (const field of ['group', 'zone', 'rack'] as const) {
    const name = selection[field];
    if (name === undefined || known[field].includes(name)) continue;
    const names = [...new Set(known[field])].slice(0, 10);
    const hint = names.length === 0 ? 'the cluster has none' : `known: ${names.join(', ')}`;
    resolving.problem([...path, field], `unknown ${field} "${name}"; ${hint}`);
  }
  checkHostnames(selection.names ?? [], groups, [...path, 'names'], resolving);
}

/** Notes hostnames that the cluster does not have. */
export function checkHostnames(
  names: readonly string[],
  groups: readonly AgentGroup[],
  path: FieldPath,
  resolving: Resolving,
): void {
  for (const [index, name] of names.entries()) {
    if (groups.some((group) => mayHave(group, name))) continue;
    const message = `unknown agent ${foundText(name)}; agents are called <group>-0, <group>-1 …`;
    resolving.problem([...path, index], message);
  }
}

/** Whether a group has an agent of this name, as far as is known before its node list is read. */
function mayHave(group: AgentGroup, hostname: string): boolean {
  const number = hostname.slice(group.name.length + 1);
  if (!hostname.startsWith(`${group.name}-`) || !/^(0|[1-9]\d*)$/.test(number)) return false;
  const count = group.kind === 'uniform' ? group.count : (group.limit ?? Number.POSITIVE_INFINITY);
  return Number(number) < count;
}
