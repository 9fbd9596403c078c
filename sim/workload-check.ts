/**
 * Asks Marathon and Chronos themselves, in an engine of its own, what they think of the apps and
 * jobs of a scenario.
 */
import {createEngine, frameworkIdOf} from '../engine/index.ts';
import type {Engine, TimeZones} from '../engine/index.ts';
import {engineOptionsOf} from './engine-options.ts';
import {jobFaceOf} from './job-face.ts';
import {jobNameOf} from './scenario/chronos.ts';
import type {
  AppWorkload,
  GroupWorkload,
  Scenario,
  ScenarioProblem,
  ScheduledJobWorkload,
} from './scenario/schema.ts';
import {submitJob} from './world/sources/chronos-requests.ts';
import {putApp, putGroup} from './world/sources/marathon-requests.ts';

/** Problems of the apps, groups and jobs that the scenario submits, whenever it does. */
export function checkWorkloads(
  scenario: Scenario,
  timeZones: TimeZones,
): readonly ScenarioProblem[] {
  const engine = createEngine(engineOptionsOf(scenario), 0, {timeZones});
  engine.takeEffects();
  const {workloads} = scenario;
  const ofMarathon = workloads.flatMap((workload, index) =>
    workload.kind === 'app' || workload.kind === 'group' ? refusalsOf(engine, workload, index) : [],
  );
  const ofChronos = workloads
    .map((workload, index) => ({workload, index}))
    // A job may follow one that comes before it by the clock.
    .sort((left, right) => left.workload.atMs - right.workload.atMs)
    .flatMap(({workload, index}) =>
      workload.kind === 'job' && !mayDependOnRequest(workload, scenario)
        ? jobRefusalsOf(engine, workload, index)
        : [],
    );
  return [...ofMarathon, ...ofChronos];
}

/** What a request brings is not known here: the run tells what is wrong with jobs after it. */
function mayDependOnRequest({framework, atMs}: ScheduledJobWorkload, {events}: Scenario): boolean {
  return events.some(
    (event) => event.kind === 'request' && event.framework === framework && event.atMs <= atMs,
  );
}

function refusalsOf(
  engine: Engine,
  workload: AppWorkload | GroupWorkload,
  index: number,
): readonly ScenarioProblem[] {
  const {kind, framework, file} = workload;
  engine.step(0, {
    kind: 'request',
    requestId: `workload-${index}`,
    frameworkId: frameworkIdOf(framework),
    request: workload.kind === 'app' ? putApp(workload.app) : putGroup(workload.group),
  });
  const problems: ScenarioProblem[] = [];
  const path = `workloads[${index}].${kind}`;
  const place = file === undefined ? {} : {file: file.path};
  for (const reply of repliesOf(engine)) {
    if (reply.ok) continue;
    const {message, errors = []} = reply.refusal;
    if (errors.length === 0) problems.push({path, message, ...place});
    for (const error of errors) {
      problems.push({path: fieldPath(path, error.path), message: error.message, ...place});
    }
  }
  return problems;
}

/** So many of a list are told one by one. */
const REFUSALS_MAX = 20;

function jobRefusalsOf(
  engine: Engine,
  {framework, list, file}: ScheduledJobWorkload,
  index: number,
): readonly ScenarioProblem[] {
  const frameworkId = frameworkIdOf(framework);
  const path = `workloads[${index}].job`;
  const place = file === undefined ? {} : {file: file.path};
  const problems: ScenarioProblem[] = [];
  for (const [at, job] of list.entries()) {
    const name = jobNameOf(job);
    const isThere = jobFaceOf(engine, frameworkId, name) !== undefined;
    const requestId = `workload-${index}-${at}`;
    engine.step(0, {kind: 'request', requestId, frameworkId, request: submitJob(job, isThere)});
    for (const reply of repliesOf(engine)) {
      const message = reply.ok ? refusedBy(reply.body) : reply.refusal.message;
      if (message !== undefined) problems.push({path, message: `${name}: ${message}`, ...place});
    }
    if (problems.length >= REFUSALS_MAX) break;
  }
  return problems;
}

/** The answers to what was asked, once everything is written. */
function* repliesOf(engine: Engine) {
  for (let effects = engine.takeEffects(); effects.length > 0; effects = engine.takeEffects()) {
    for (const effect of effects) {
      if (effect.kind === 'persist') {
        engine.step(0, {kind: 'recordsWritten', batch: effect.batch});
      }
      if (effect.kind === 'reply') yield effect.reply;
    }
  }
}

/** Why an answer over HTTP is a refusal; undefined: it is none. */
function refusedBy(body: unknown): string | undefined {
  const answer = body as {readonly status: number; readonly body?: unknown};
  if (answer.status < 400) return undefined;
  const {message, details = []} = (answer.body ?? {}) as {
    readonly message?: string;
    readonly details?: readonly {readonly path: string; readonly errors: readonly string[]}[];
  };
  const fields = details.map(({path, errors}) => `${path}: ${errors.join(', ')}`);
  return [message ?? `status ${answer.status}`, ...fields].join('; ');
}

/** `/apps(1)/container/docker/image` → `workloads[0].group.apps[1].container.docker.image`. */
function fieldPath(base: string, pointer: string): string {
  let path = base;
  for (const part of pointer.replaceAll(/\((\d+)\)/g, '/$1').split('/')) {
    if (part !== '') path += /^\d+$/.test(part) ? `[${part}]` : `.${part}`;
  }
  return path;
}
