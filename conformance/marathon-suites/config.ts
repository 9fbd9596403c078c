/** What the suites say about the cluster that definitions are read for. */
import {z} from 'zod';
import type {NormaliseConfig} from '../../engine/index.ts';

export const configSchema = z.strictObject({
  defaultNetworkName: z.string().nullable(),
  mesosBridgeName: z.string().default('mesos-bridge'),
  defaultRole: z.string(),
  enabledFeatures: z.array(z.string()),
});

export function configOf({
  defaultNetworkName,
  ...config
}: z.output<typeof configSchema>): NormaliseConfig {
  return {...config, defaultNetworkName: defaultNetworkName ?? undefined};
}

/** The HTTP face answers every definition that is refused with it. */
export const REFUSAL_STATUS = 422;
