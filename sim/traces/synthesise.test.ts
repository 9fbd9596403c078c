import test from 'ava';
import {makeRandom} from '../../engine/index.ts';
import {instanceChanges} from './instance-changes.ts';
import {
  synthesiseJobs,
  synthesiseNodes,
  synthesiseOutages,
  synthesiseServices,
} from './synthesise.ts';

const sumOf = (values: Iterable<number>): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};
const isWithin = (value: number, target: number, share: number): boolean =>
  Math.abs(value - target) <= target * share;

const seeds = [1, 42, 20_260_101];

for (const seed of seeds) {
  const title = (promise: string): string => `${promise} (seed ${seed})`;

  test(title('synthetic jobs have the size, run times and work of LCG'), (t) => {
    const trace = synthesiseJobs(makeRandom(seed, 'jobs'));
    const sorted = trace.durationMs.toSorted();
    t.is(trace.count, 188_041);
    t.deepEqual(trace.submitMs, trace.submitMs.toSorted());
    t.true((trace.submitMs.at(-1) ?? 0) < 11 * 86_400_000);
    t.true(trace.submitMs.every((atMs) => atMs % 1000 === 0));
    t.true(isWithin(sorted[94_020] ?? 0, 255_000, 0.01));
    t.true((sorted.at(-1) ?? 0) <= 172_800_000);
    t.true(isWithin(sumOf(trace.durationMs), 1_502_530_759_000, 0.02));
    t.is(trace.users.length, 216);
    t.true(isWithin(trace.userOf.filter((user) => user === 0).length, 60_658, 0.05));
  });

  test(title('synthetic services have the counts, sums and peaks of the DLRM table'), (t) => {
    const trace = synthesiseServices(makeRandom(seed, 'services'));
    const {services} = trace;
    const instances = services.flatMap((service) =>
      [...service.createdAtMs].map((createdAtMs, index) => ({
        service,
        createdAtMs,
        deletedAtMs: service.deletedAtMs[index] ?? 0,
      })),
    );
    t.is(instances.length, 23_871);
    t.is(trace.instances, 23_871);
    t.is(new Set(services.map(({app}) => app)).size, 156);
    t.is(new Set(services.map(({id}) => id)).size, services.length);
    t.true(isWithin(services.length, 495, 0.02));
    t.is(instances.filter(({service}) => service.role === 'HN').length, 7386);
    t.true(instances.filter(({createdAtMs}) => createdAtMs === 0).length >= 7280);
    t.is(instances.filter(({deletedAtMs}) => deletedAtMs === Infinity).length, 8878);
    t.true(instances.every(({createdAtMs, deletedAtMs}) => createdAtMs <= deletedAtMs));
    t.true(instances.every(({createdAtMs}) => createdAtMs <= trace.endMs));
    for (const [limit, count] of [
      [undefined, 12_248],
      [2, 6778],
      [4, 3588],
      [8, 724],
      [10, 469],
    ] as const) {
      const found = instances.filter(({service}) => service.maxPerNode === limit).length;
      t.true(isWithin(found, count, 0.05), `MAX_PER ${limit}: ${found}`);
    }
    const changes = services.flatMap((service) => {
      const {atMs, instances: sizes} = instanceChanges(service);
      return atMs.map((at, index) => {
        const delta = (sizes[index] ?? 0) - (sizes[index - 1] ?? 0);
        return {atMs: at, delta, cpus: (delta * service.cpusMilli) / 1000};
      });
    });
    changes.sort((left, right) => left.atMs - right.atMs || left.delta - right.delta);
    let [running, cpus, peak, peakCpus] = [0, 0, 0, 0];
    for (const change of changes) {
      running += change.delta;
      cpus += change.cpus;
      peak = Math.max(peak, running);
      peakCpus = Math.max(peakCpus, cpus);
    }
    t.true(isWithin(peak, 8984, 0.02), `peak ${peak}`);
    t.true(isWithin(peakCpus, 422_420, 0.06), `peak of cpus ${peakCpus}`);
  });

  test(title('synthetic machines are those of the spot cluster'), (t) => {
    const {nodes} = synthesiseNodes(makeRandom(seed, 'nodes'));
    t.is(nodes.length, 4278);
    t.is(sumOf(nodes.map(({scalars}) => scalars.get('gpus') ?? 0)), 10_412_000);
    t.is(sumOf(nodes.map(({scalars}) => scalars.get('cpus') ?? 0)), 632_636_000);
    t.is(nodes.filter(({attributes}) => attributes.get('gpu_model') === 'A10').length, 2494);
    t.is(new Set(nodes.map(({name}) => name)).size, 4278);
  });

  test(title('synthetic outages have the number, span and mean of the reported ones'), (t) => {
    const trace = synthesiseOutages(makeRandom(seed, 'outages'));
    t.is(trace.count, 4069);
    t.deepEqual(trace.startMs, trace.startMs.toSorted());
    t.true(isWithin(trace.startMs.at(-1) ?? 0, 447.5 * 86_400_000, 0.05));
    t.true(isWithin(sumOf(trace.durationMs) / trace.count, 2_483_000, 0.02));
    t.true(trace.intensity.every((share) => share >= 0.5 && share <= 1));
  });
}

test('equal draws give equal workloads, other draws give others', (t) => {
  const jobs = (seed: number) => synthesiseJobs(makeRandom(seed, 'jobs'), 500);
  t.deepEqual(jobs(7), jobs(7));
  t.notDeepEqual(jobs(7).submitMs, jobs(8).submitMs);
  const services = (seed: number) => synthesiseServices(makeRandom(seed, 'services'));
  t.deepEqual(services(7), services(7));
  t.notDeepEqual(services(7), services(8));
});
