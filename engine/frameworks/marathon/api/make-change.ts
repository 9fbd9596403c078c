/** A change of the root: made, or only looked at. */
import type {Refusal} from '../../../scheduler.ts';
import type {Fault} from '../../json/json-shape.ts';
import type {DeploymentTerms} from '../deploy/terms.ts';
import type {Changes, ChangeResult, PreviewResult} from '../root/changes.ts';
import {invalid, type RootDraft} from '../root/draft.ts';

/** How a change is to be made. */
export interface ChangeTerms {
  readonly force: boolean;
  readonly terms?: DeploymentTerms | undefined;
  /** Nothing is changed: the answer is what would be done. */
  readonly isDryRun?: boolean | undefined;
}

/** What became of it; that of a dry run has no deployment, but steps. */
export type Outcome = ChangeResult | PreviewResult;

export type Refused = {readonly ok: false; readonly refusal: Refusal};

/** `groupId` is the group that events name. */
export function makeChange(
  changes: Changes,
  groupId: string,
  {isDryRun = false, force, terms}: ChangeTerms,
  edit: (draft: RootDraft) => void,
): Outcome {
  const draft = changes.draft();
  edit(draft);
  return isDryRun ? changes.preview(draft, force) : changes.submit(draft, {groupId, force, terms});
}

export function refusedFor(faults: readonly Fault[]): Refused {
  return {ok: false, refusal: invalid(faults)};
}

export function unknownApp(id: string): Refused {
  return {ok: false, refusal: {code: 'unknownApp', message: `App '${id}' does not exist`}};
}

export function unknownVersion(thing: 'App' | 'Group', id: string, version: string): Refused {
  const message = `${thing} '${id}' does not exist in version ${version}`;
  return {ok: false, refusal: {code: 'unknownVersion', message}};
}
