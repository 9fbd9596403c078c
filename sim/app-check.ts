/** Asks Marathon itself, in an engine of its own, what it thinks of the apps of a scenario. */
import {createEngine, frameworkIdOf} from '../engine/index.ts';
import type {Engine} from '../engine/index.ts';
import {engineOptionsOf} from './engine-options.ts';
import type {AppWorkload, GroupWorkload, Scenario, ScenarioProblem} from './scenario/schema.ts';
import {putApp, putGroup} from './world/sources/marathon-requests.ts';

/** Problems of the apps and groups that the scenario deploys, whenever it does. */
export function checkApps(scenario: Scenario): readonly ScenarioProblem[] {
  const engine = createEngine(engineOptionsOf(scenario));
  engine.takeEffects();
  return scenario.workloads.flatMap((workload, index) =>
    workload.kind === 'app' || workload.kind === 'group' ? refusalsOf(engine, workload, index) : [],
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
  for (let effects = engine.takeEffects(); effects.length > 0; effects = engine.takeEffects()) {
    for (const effect of effects) {
      if (effect.kind === 'persist') {
        engine.step(0, {kind: 'recordsWritten', batch: effect.batch});
      }
      if (effect.kind !== 'reply' || effect.reply.ok) continue;
      const {message, errors = []} = effect.reply.refusal;
      if (errors.length === 0) problems.push({path, message, ...place});
      for (const error of errors) {
        problems.push({path: fieldPath(path, error.path), message: error.message, ...place});
      }
    }
  }
  return problems;
}

/** `/apps(1)/container/docker/image` → `workloads[0].group.apps[1].container.docker.image`. */
function fieldPath(base: string, pointer: string): string {
  let path = base;
  for (const part of pointer.replaceAll(/\((\d+)\)/g, '/$1').split('/')) {
    if (part !== '') path += /^\d+$/.test(part) ? `[${part}]` : `.${part}`;
  }
  return path;
}
