/** Groups as answers show them (reference part 2.2). */
import {isoInstant} from '../../../kernel/instants.ts';

type Json = Readonly<Record<string, unknown>>;

/** A group with all in it. */
export interface GroupFacts<AppFacts> {
  readonly id: string;
  readonly apps: readonly AppFacts[];
  readonly groups: readonly GroupFacts<AppFacts>[];
  readonly dependencies: readonly string[];
  readonly enforceRole: boolean;
  /** In ms. */
  readonly version: number;
}

/** What is shown of each group. */
export interface GroupParts {
  readonly apps: boolean;
  readonly pods: boolean;
  readonly groups: boolean;
}

/** The group and those below it; `appForm` renders an app. */
export function groupForm<AppFacts>(
  group: GroupFacts<AppFacts>,
  parts: GroupParts,
  appForm: (app: AppFacts) => Json,
): Json {
  const {id, apps, groups, dependencies, enforceRole, version} = group;
  return {
    id,
    ...(parts.apps ? {apps: apps.map((app) => appForm(app))} : {}),
    ...(parts.pods ? {pods: []} : {}),
    ...(parts.groups ? {groups: groups.map((inner) => groupForm(inner, parts, appForm))} : {}),
    dependencies,
    version: isoInstant(version),
    enforceRole,
  };
}
