/** Words of the suites that several of them use. */
import {z} from 'zod';

export const conditionSchema = z.enum([
  'Scheduled',
  'Provisioned',
  'Staging',
  'Starting',
  'Running',
  'Killing',
  'Unreachable',
  'UnreachableInactive',
  'Error',
  'Failed',
  'Finished',
  'Killed',
  'Gone',
  'Dropped',
  'Unknown',
]);

export const goalSchema = z.enum(['Running', 'Stopped', 'Decommissioned']);

/** Attributes of agents by Mesos's four types. */
export const attributesSchema = z.record(
  z.string(),
  z.union([
    z.string(),
    z.number(),
    z.strictObject({ranges: z.array(z.tuple([z.int(), z.int()]))}),
    z.strictObject({set: z.array(z.string())}),
  ]),
);
