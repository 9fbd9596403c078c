/**
 * Version stamps of apps: what is a change of configuration, and what only one of scale (reference
 * part 3.2).
 */
import type {App, AppDefinition} from './app-definition.ts';
import {equalJson} from '../../json/json-equal.ts';

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
 * restart is asked. The caller keeps stamps apart: see `Root.nextVersion`.
 */
export function nextVersion(
  previous: App | undefined,
  definition: AppDefinition,
  {at: version, restart}: {at: number; restart: boolean},
): App {
  if (previous === undefined || isConfigChange(previous.definition, definition)) {
    return {definition, version, lastScalingAt: version, lastConfigChangeAt: version};
  }
  if (!restart && equalJson(previous.definition, definition)) return previous;
  const {lastConfigChangeAt} = previous;
  return {definition, version, lastScalingAt: version, lastConfigChangeAt};
}
