/** Events that are requests of an operator: quotas, weights, maintenance, the whitelist. */
import {checkHostnames, checkSelection} from './agents.ts';
import type {ScenarioFile} from './file-schema.ts';
import type {FieldPath} from './problems.ts';
import {optional, type Resolving} from './resolving.ts';
import {checkQuota, checkRole} from './roles.ts';
import type {AgentGroup, AgentSelection, TimedEvent} from './schema.ts';

type WrittenEvent = NonNullable<ScenarioFile['events']>[number];
type Of<Name extends string> = Extract<WrittenEvent, Readonly<Record<Name, unknown>>>;

export type OperatorEvent = Of<'quota'> | Of<'weight'> | Of<'maintenance'> | Of<'whitelist'>;

/** What they may refer to. */
export interface OperatorScope {
  readonly agents: readonly AgentGroup[];
  readonly roles: ReadonlySet<string>;
}

export function resolveOperatorEvent(
  written: OperatorEvent,
  scope: OperatorScope,
  path: FieldPath,
  resolving: Resolving,
): TimedEvent {
  const atMs = written.at;
  if ('quota' in written) {
    const {role, guarantees = {}, limits = {}, force = false} = written.quota;
    const quotaPath = [...path, 'quota'];
    const rolePath = [...quotaPath, 'role'];
    checkRole(role, scope.roles, rolePath, resolving);
    checkQuota(role, {guarantees, limits}, {role: rolePath, quota: quotaPath}, resolving);
    return {atMs, kind: 'quota', role, guarantees, limits, force};
  }
  if ('weight' in written) {
    const {role, weight} = written.weight;
    checkRole(role, scope.roles, [...path, 'weight', 'role'], resolving);
    return {atMs, kind: 'weight', role, weight};
  }
  if ('maintenance' in written) {
    const {agents, in: inMs = 0, for: forMs} = written.maintenance;
    checkSelection(agents, scope.agents, [...path, 'maintenance', 'agents'], resolving);
    return {atMs, kind: 'maintenance', agents, inMs, ...optional('forMs', forMs)};
  }
  const agents = whitelisted(written.whitelist, scope, [...path, 'whitelist'], resolving);
  return {atMs, kind: 'whitelist', agents};
}

function whitelisted(
  written: Of<'whitelist'>['whitelist'],
  {agents}: OperatorScope,
  path: FieldPath,
  resolving: Resolving,
): AgentSelection | 'all' {
  if (Array.isArray(written)) {
    checkHostnames(written, agents, path, resolving);
    return {names: written};
  }
  checkSelection(written, agents, path, resolving);
  return Object.keys(written).length === 0 ? 'all' : written;
}
