/** A version of an app, prepared for launching: everything that does not depend on the instance. */
import {thousandths} from '../../../resources/thousandths.ts';
import type {ScalarKinds} from '../../../resources/kinds.ts';
import type {Resources} from '../../../resources/vector.ts';
import type {Quantities} from '../../../scheduler.ts';
import {
  isResident,
  type App,
  type AppDefinition,
  type PersistentVolume,
} from '../definition/app-definition.ts';
import {scalarNeeds} from '../../placement/needs.ts';
import {compileConstraint, looksAround, type Constraint} from './constraints.ts';
import {isoInstant} from '../../../kernel/instants.ts';
import {taskName} from '../definition/path-id.ts';
import {wantedPorts, type WantedPort} from './ports.ts';
import {volumesOf} from './reserve.ts';

export interface RunSpec {
  readonly app: App;
  readonly appId: string;
  readonly versionText: string;
  /** Of the launch queue and the back-off: survives scaling and restarts. */
  readonly configKey: string;
  readonly taskName: string;
  /** Scalars only. */
  readonly needs: Resources;
  readonly wantedPorts: readonly WantedPort[];
  readonly constraints: readonly Constraint[];
  /** Fields whose values the constraints count over instances; each once. */
  readonly countedFields: readonly string[];
  /** What an offer must have at least. */
  readonly quantities: Quantities;
  /** Equal exactly for equal {@link quantities}. */
  readonly quantitiesKey: string;
  readonly hasHealthChecks: boolean;
  readonly hasReadinessCheck: boolean;
  readonly resident: boolean;
  /** Persistent ones, in their order. */
  readonly volumes: readonly PersistentVolume[];
}

export function configKeyOf({definition, lastConfigChangeAt}: App): string {
  return `${definition.id}@${lastConfigChangeAt}`;
}

/** What an executor of the app's own needs beside the app. */
function executorNeeds({
  executor,
  executorResources = {},
}: Pick<AppDefinition, 'executor' | 'executorResources'>): Readonly<Record<string, number>> {
  return executor === '' || executor === '//cmd' ? {} : executorResources;
}

const AMOUNTS = ['cpus', 'mem', 'disk', 'gpus'] as const;

/** Prepares a version of an app: amounts become thousandths by the kinds given. */
export function makeRunSpec(app: App, kinds: ScalarKinds): RunSpec {
  const {definition} = app;
  const constraints = (definition.constraints ?? []).map(compileConstraint);
  const wanted = wantedPorts(definition);
  const executor = executorNeeds(definition);
  const amounts = AMOUNTS.map((name) => [name, definition[name] + (executor[name] ?? 0)] as const);
  const {needs, quantities: ofScalars} = scalarNeeds(amounts, kinds);
  const quantities: Record<string, number> = {...ofScalars};
  const volumes = volumesOf(definition).map(([, volume]) => volume);
  for (const {size} of volumes) {
    quantities['disk'] = (quantities['disk'] ?? 0) + (thousandths(size) ?? 0);
  }
  const ports = wanted.filter((port) => port !== null).length;
  if (ports > 0) quantities['ports'] = ports * 1000;
  return {
    app,
    appId: definition.id,
    versionText: isoInstant(app.version),
    configKey: configKeyOf(app),
    taskName: taskName(definition.id),
    needs,
    wantedPorts: wanted,
    constraints,
    countedFields: [...new Set(constraints.filter(looksAround).map(({field}) => field))],
    quantities,
    quantitiesKey: JSON.stringify(quantities),
    hasHealthChecks: (definition.healthChecks?.length ?? 0) > 0,
    hasReadinessCheck: (definition.readinessChecks?.length ?? 0) > 0,
    resident: isResident(definition),
    volumes,
  };
}
