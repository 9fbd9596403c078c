/** What a cluster must have switched on before a definition may use it (`--enable_features`). */
import {refuse, type Fault} from '../../json/json-shape.ts';

export type Feature = 'external_volumes' | 'gpu_resources' | 'secrets';

/** The parenthesis too many is Marathon's. */
export function refuseFeature(
  name: Feature,
  at: string,
  faults: Fault[],
  enabledFeatures: readonly string[],
): void {
  if (enabledFeatures.includes(name)) return;
  refuse(faults, at, `Feature ${name} is not enabled. Enable with --enable_features ${name})`);
}
