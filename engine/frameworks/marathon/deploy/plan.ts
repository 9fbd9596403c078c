/**
 * The steps of a deployment, from the apps as they are to the apps as they shall be (reference part
 * 3.3). Pure.
 */
import type {App} from '../definition/app-definition.ts';
import type {AppChange} from '../root/groups.ts';
import {isConfigChange} from '../definition/versions.ts';

export type PlanAction =
  | {
      readonly action: 'StartApplication' | 'StopApplication';
      readonly app: string;
    }
  | {
      readonly action: 'RestartApplication';
      readonly app: string;
      /** Instances of the same configuration stay, whatever their version. */
      readonly keeps?: boolean | undefined;
    }
  | {
      readonly action: 'ScaleApplication';
      readonly app: string;
      readonly instances: number;
      readonly toKill?: readonly string[] | undefined;
    };

/** Steps run one after another, actions of a step side by side. */
export type PlanSteps = readonly (readonly PlanAction[])[];

/**
 * `depthOf`: vertices on the longest dependency path that ends at an app; 1 without dependencies.
 */
export function planSteps(
  changes: readonly AppChange[],
  depthOf: (appId: string) => number,
): PlanSteps {
  const stop: PlanAction[] = [];
  const start: PlanAction[] = [];
  const layers = new Map<number, PlanAction[]>();
  for (const change of [...changes].sort((left, right) => (left.id < right.id ? -1 : 1))) {
    const {id, from, to} = change;
    if (to === undefined) {
      if (from !== undefined) stop.push({action: 'StopApplication', app: id});
      continue;
    }
    if (from === undefined) start.push({action: 'StartApplication', app: id});
    const action = layerAction(change, to);
    if (action === undefined) continue;
    const depth = depthOf(id);
    const layer = layers.get(depth);
    if (layer === undefined) layers.set(depth, [action]);
    else layer.push(action);
  }
  const ordered = [...layers].sort((left, right) => left[0] - right[0]).map(([, layer]) => layer);
  return [stop, start, ...ordered].filter((step) => step.length > 0);
}

function layerAction({id, from, toKill, keeps}: AppChange, to: App): PlanAction | undefined {
  const {instances} = to.definition;
  const scale: PlanAction = {
    action: 'ScaleApplication',
    app: id,
    instances,
    ...(toKill === undefined || toKill.length === 0 ? {} : {toKill}),
  };
  if (from === undefined) return scale;
  if (from.version === to.version && toKill === undefined) return undefined;
  const isConfig = isConfigChange(from.definition, to.definition);
  const isOnlyScale = !isConfig && from.definition.instances !== instances;
  if (isOnlyScale || instances === 0 || toKill !== undefined) return scale;
  return {action: 'RestartApplication', app: id, ...(keeps === undefined ? {} : {keeps})};
}
