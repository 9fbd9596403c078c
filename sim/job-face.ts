/** How a job of a Chronos in an engine is asked for. */
import type {Engine, FrameworkId} from '../engine/index.ts';
import type {JobFace} from './world/sources/chronos-requests.ts';

/** Undefined: there is no such job now. */
export function jobFaceOf(
  engine: Engine,
  frameworkId: FrameworkId,
  name: string,
): JobFace | undefined {
  const job = engine.view.chronos(frameworkId)?.job(name);
  if (job === undefined) return undefined;
  const runIds = Array.from(job.runs.values(), ({id}) => id);
  return {name, form: job.definition.form, runIds};
}
