/** Suite `validation`: jobs that are accepted or refused when they are submitted. */
import {z} from 'zod';
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {
  admitJob,
  chronosOptions,
  readChronosJob,
  readTrigger,
  ZoneBook,
  type JobDefinition,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {anyFields, makeAdapter} from '../marathon-suites/adapter.ts';
import {subset} from '../marathon-suites/compare.ts';

interface ValidationResult {
  readonly accepted: boolean;
  readonly status?: number;
  /** What is wrong; never compared. */
  readonly faults?: readonly string[];
}

const REFUSAL_STATUS = 400;
/** 2020-01-01: later than all starts that are over, earlier than those that are to come. */
const NOW = Date.UTC(2020, 0, 1);

class Jobs {
  readonly #options: ReturnType<typeof chronosOptions>;
  readonly #zones = new ZoneBook(temporalZones);
  readonly #jobs = new Map<string, JobDefinition>();

  constructor(legacyZoneNames: boolean) {
    this.#options = chronosOptions({legacyZoneNames});
  }

  has(name: unknown): boolean {
    return typeof name === 'string' && this.#jobs.has(name);
  }

  /** What is wrong with it; it is there from then on if nothing is. */
  submit(value: unknown): readonly string[] {
    const read = readChronosJob(value, this.#options);
    if (!read.ok) return read.faults.map(({path, message}) => `${path}: ${message}`);
    const job = read.value;
    const context = {zones: this.#zones, now: NOW, options: this.#options};
    const trigger = readTrigger(job, context);
    const faults = [
      ...(trigger.ok ? [] : trigger.faults),
      ...admitJob(job, {
        find: (name) => this.#jobs.get(name),
        hasChildren: (name) =>
          [...this.#jobs.values()].some(({parents}) => parents?.includes(name) === true),
      }),
    ];
    if (faults.length === 0) this.#jobs.set(job.name, job);
    return faults.map(({path, message}) => `${path}: ${message}`);
  }
}

export const validation = makeAdapter({
  given: z.strictObject({
    existingJobs: z.array(anyFields).default([]),
    operation: z.enum(['create', 'update']).default('create'),
    legacyZoneAliases: z.boolean().default(false),
  }),
  when: z.strictObject({submit: z.unknown()}),
  expected: z.strictObject({accepted: z.boolean(), status: z.int().optional()}),
  run: ({given, when: {submit}}): ValidationResult => {
    const jobs = new Jobs(given.legacyZoneAliases);
    for (const job of given.existingJobs) {
      const faults = jobs.submit(job);
      if (faults.length > 0) throw new UnknownInCase(`existingJobs: ${faults.join('; ')}`);
    }
    const name = typeof submit === 'object' && submit && 'name' in submit ? submit.name : undefined;
    if (given.operation === 'update' && !jobs.has(name)) {
      throw new UnknownInCase('operation: there is no job to update');
    }
    const faults = jobs.submit(submit);
    if (faults.length === 0) return {accepted: true};
    return {accepted: false, status: REFUSAL_STATUS, faults};
  },
  judge: (then, result) => subset(then, result),
});
