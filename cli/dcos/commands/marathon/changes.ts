/** What all changes of apps and groups have in common: force, previews, and the deployment. */
import type {Command} from 'commander';
import type {Context} from '../../context.ts';
import {withForce, withJson, type ForceFlag, type JsonFlag} from '../../command.ts';
import {ApiFailure} from '../../http/api-failure.ts';
import type {CallTerms, Query} from '../../http/service.ts';
import type {Method} from '../../http/client.ts';
import {Failure} from '../../failure.ts';
import type {ChangeForm} from './forms.ts';

export interface ChangeFlags extends ForceFlag, JsonFlag {}

export interface PreviewFlags extends ChangeFlags {
  readonly dryRun?: true;
}

export function withChange(command: Command): Command {
  return withJson(withForce(command));
}

export function withPreview(command: Command): Command {
  return withChange(command).option('--dry-run', 'print what would be done, and change nothing');
}

export function queryOf({force, dryRun}: PreviewFlags): Query {
  return {force: force === true, dryRun: dryRun === true};
}

/** Makes a change, and tells of the deployment that carries it out. */
export async function change(
  context: Context,
  method: Method,
  path: string,
  terms: CallTerms & {readonly flags: PreviewFlags},
): Promise<void> {
  const {flags, query = {}, ...rest} = terms;
  const made = await context.marathon.send<ChangeForm>(method, path, {
    ...rest,
    query: {...queryOf(flags), ...query},
  });
  if (flags.json === true || flags.dryRun === true) context.printJson(made);
  else context.print(`Created deployment ${deploymentOf(made)}`);
}

export function deploymentOf({deploymentId}: ChangeForm): string {
  if (deploymentId !== undefined) return deploymentId;
  throw new Failure('Marathon has answered the change without naming a deployment');
}

/** Undefined: there is none. */
export async function findIfThere<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return undefined;
    throw error;
  }
}
