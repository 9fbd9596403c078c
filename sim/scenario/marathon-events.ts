/** Events that are requests to Marathon. */
import {absoluteAppId} from './workloads.ts';
import {checkHostnames} from './agents.ts';
import {mayDefine, type AppSource} from './app-sources.ts';
import type {ScenarioFile} from './file-schema.ts';
import {appIdsOf} from './groups.ts';
import type {FieldPath} from './problems.ts';
import {optional, type Resolving} from './resolving.ts';
import type {AgentGroup, DeploymentTerms, Framework, MarathonEvent, TimedEvent} from './schema.ts';
import {frameworkOfKind, readGroup} from './workloads.ts';

type WrittenEvent = NonNullable<ScenarioFile['events']>[number];
type Of<Name extends string> = Extract<WrittenEvent, Readonly<Record<Name, unknown>>>;
type OfKill = Extract<WrittenEvent, {readonly killTasks: {readonly app: string}}>;

/** Those that may bring apps. */
export type WrittenBringer = (Of<'group'> & {readonly group: unknown}) | Of<'request'>;

/** Those that are about something that is there. */
export type WrittenChange =
  | Of<'scale'>
  | Of<'upgrade'>
  | Of<'restart'>
  | Of<'remove'>
  | Of<'removeGroup'>
  | Of<'deployment'>
  | OfKill
  | Of<'failover'>
  | Of<'health'>;

/** What they may refer to. */
export interface MarathonScope {
  readonly agents: readonly AgentGroup[];
  readonly frameworks: readonly Framework[];
  readonly sources: readonly AppSource[];
}

/** Frameworks with an HTTP API and records, which another leader can take over from. */
const LEADERS = ['marathon', 'chronos'] as const;

export function resolveBringer(
  written: WrittenBringer,
  frameworks: readonly Framework[],
  path: FieldPath,
  resolving: Resolving,
): TimedEvent {
  const atMs = written.at;
  if ('request' in written) {
    const {method, path: target, body, expect} = written.request;
    const inside = [...path, 'request'];
    const named = written.request.framework;
    const place = {frameworks, path: inside};
    const framework = frameworkOfKind(LEADERS, named, place, resolving);
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    return {
      ...{atMs, kind: 'request', framework, method, path: target},
      ...optional('body', text),
      ...optional('expect', expect),
    };
  }
  const scope = {frameworks, path};
  const framework = frameworkOfKind('marathon', written.framework, scope, resolving);
  const {group = {id: '/'}} = readGroup(written.group, [...path, 'group'], resolving) ?? {};
  const appIds = appIdsOf(group);
  return {atMs, kind: 'group', framework, group, appIds, ...termsOf(written, path, resolving)};
}

export function resolveMarathonEvent(
  written: WrittenChange,
  scope: MarathonScope,
  path: FieldPath,
  resolving: Resolving,
): TimedEvent {
  const atMs = written.at;
  if ('killTasks' in written) {
    const inside = [...path, 'killTasks'];
    return {atMs, ...resolveKill(written.killTasks, scope, inside, resolving)};
  }
  if ('failover' in written) {
    const place = {frameworks: scope.frameworks, path: [...path, 'failover']};
    const name = written.failover.framework;
    const framework = frameworkOfKind(LEADERS, name, place, resolving);
    return {atMs, kind: 'failover', framework};
  }
  if ('removeGroup' in written) {
    const inside = [...path, 'removeGroup'];
    const {removeGroup} = written;
    const place = {frameworks: scope.frameworks, path: inside};
    const framework = frameworkOfKind('marathon', removeGroup.framework, place, resolving);
    const group = absoluteAppId(removeGroup.group);
    checkGroup(group, scope, [...inside, 'group'], resolving);
    const terms = termsOf(removeGroup, inside, resolving);
    return {atMs, kind: 'removeGroup', framework, group, ...terms};
  }
  return {atMs, ...resolveOfApp(written, scope, path, resolving)};
}

type AboutApp = Exclude<WrittenChange, OfKill | Of<'failover'> | Of<'removeGroup'>>;

function resolveOfApp(
  written: AboutApp,
  scope: MarathonScope,
  path: FieldPath,
  resolving: Resolving,
): MarathonEvent | Omit<Extract<TimedEvent, {kind: 'health'}>, 'atMs'> {
  if ('health' in written) {
    const {answer} = written.health;
    const target = targetOf(written.health, scope, [...path, 'health'], resolving);
    return {
      kind: 'health',
      ...target,
      ...optional('answer', answer === 'usual' ? undefined : answer),
    };
  }
  if ('deployment' in written) {
    const {action, ifAny = false} = written.deployment;
    const target = targetOf(written.deployment, scope, [...path, 'deployment'], resolving);
    return {kind: 'deployment', ...target, action, ifAny};
  }
  const change = (name: string, fields: WrittenTarget & WrittenTerms) => ({
    ...targetOf(fields, scope, [...path, name], resolving),
    ...termsOf(fields, [...path, name], resolving),
  });
  if ('scale' in written) {
    const {instances} = written.scale;
    return {kind: 'scale', ...change('scale', written.scale), instances};
  }
  if ('upgrade' in written) {
    return {kind: 'upgrade', ...change('upgrade', written.upgrade), patch: written.upgrade.with};
  }
  if ('restart' in written) return {kind: 'restart', ...change('restart', written.restart)};
  return {kind: 'remove', ...change('remove', written.remove)};
}

function resolveKill(
  written: OfKill['killTasks'],
  scope: MarathonScope,
  path: FieldPath,
  resolving: Resolving,
): MarathonEvent {
  const {hosts, count, scale = false} = written;
  const target = targetOf(written, scope, path, resolving);
  const terms = termsOf(written, path, resolving);
  checkHostnames(hosts ?? [], scope.agents, [...path, 'hosts'], resolving);
  if (!scale && terms.terms !== undefined) {
    const names = TERMS.filter((name) => written[name] !== undefined).join(', ');
    resolving.problem(path, `expected no ${names}: only with "scale: true" it is a deployment`);
  }
  return {
    ...{kind: 'killTasks', ...target, scale, ...terms},
    ...optional('hosts', hosts),
    ...optional('count', count),
  };
}

interface WrittenTarget {
  readonly app: string;
  readonly framework?: string | undefined;
}

/** The app that an event is about, and its framework. */
function targetOf(
  {app, framework}: WrittenTarget,
  {sources}: MarathonScope,
  path: FieldPath,
  resolving: Resolving,
): {readonly app: string; readonly framework: string} {
  const id = absoluteAppId(app);
  const owner = sources.find(
    (source) => mayDefine(source, id) && (framework ?? source.framework) === source.framework,
  );
  if (owner !== undefined) return {app: id, framework: owner.framework};
  const of = framework === undefined ? '' : ` of framework "${framework}"`;
  const hint = knownIds(sources);
  resolving.problem([...path, 'app'], `no workload${of} defines an app "${id}"${hint}`);
  return {app: id, framework: framework ?? ''};
}

function checkGroup(
  id: string,
  {sources}: MarathonScope,
  path: FieldPath,
  resolving: Resolving,
): void {
  const prefix = id === '/' ? '/' : `${id}/`;
  const isKnown = sources.some(
    (source) =>
      source.ids.some((app) => app.startsWith(prefix)) ||
      (source.prefix !== undefined &&
        (prefix.startsWith(source.prefix) || source.prefix.startsWith(prefix))),
  );
  if (isKnown) return;
  resolving.problem(path, `no workload defines an app in "${id}"${knownIds(sources)}`);
}

function knownIds(sources: readonly AppSource[]): string {
  const ids = sources.flatMap((source) => source.ids).slice(0, 10);
  return ids.length === 0 ? '' : `; known: ${ids.join(', ')}`;
}

const TERMS = ['deadline', 'failuresMax', 'onFailure', 'stepByStep', 'canary'] as const;

interface WrittenTerms {
  /** In seconds. */
  readonly deadline?: number | undefined;
  readonly failuresMax?: number | undefined;
  readonly onFailure?: DeploymentTerms['onFailure'] | undefined;
  readonly stepByStep?: boolean | undefined;
  readonly canary?: number | undefined;
}

function termsOf(
  {deadline, failuresMax, onFailure, stepByStep, canary}: WrittenTerms,
  path: FieldPath,
  resolving: Resolving,
): {readonly terms?: DeploymentTerms} {
  if (onFailure !== undefined && deadline === undefined && failuresMax === undefined) {
    const message = 'expected deadline or failuresMax beside it: nothing else is a failure';
    resolving.problem([...path, 'onFailure'], message);
  }
  const terms: DeploymentTerms = {
    ...optional('deadlineSeconds', deadline),
    ...optional('failuresMax', failuresMax),
    ...optional('onFailure', onFailure),
    ...optional('stepByStep', stepByStep),
    ...optional('canary', canary),
  };
  return Object.keys(terms).length === 0 ? {} : {terms};
}
