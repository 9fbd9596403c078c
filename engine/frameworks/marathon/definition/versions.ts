/**
 * Version stamps of apps: what is a change of configuration, and what only one of scale (reference
 * part 3.2).
 */
import type {App, AppDefinition} from './app-definition.ts';
import {equalJson} from './json-equal.ts';

/** Fields whose change does not restart instances. */
const NOT_CONFIGURATION = new Set(['id', 'instances', 'executorResources']);

/** Whether instances of `before` have to be replaced to become instances of `after`. */
export function isConfigChange(before: AppDefinition, after: AppDefinition): boolean {
  return !equalJson(configurationOf(before), configurationOf(after));
}

function configurationOf(definition: AppDefinition): object {
  return Object.fromEntries(
    Object.entries(definition).filter(([name]) => !NOT_CONFIGURATION.has(name)),
  );
}

/**
 * The next version of an app, changed at `at` (ms); the same object where nothing changed and no
 * restart is asked. `versionMin` keeps stamps of one app apart when two changes fall on one
 * instant.
 */
export function nextVersion(
  previous: App | undefined,
  definition: AppDefinition,
  {at, versionMin, restart}: {at: number; versionMin: number; restart: boolean},
): App {
  const version = Math.max(at, versionMin);
  if (previous === undefined || isConfigChange(previous.definition, definition)) {
    return {definition, version, lastScalingAt: version, lastConfigChangeAt: version};
  }
  if (!restart && equalJson(previous.definition, definition)) return previous;
  const {lastConfigChangeAt} = previous;
  return {definition, version, lastScalingAt: version, lastConfigChangeAt};
}
