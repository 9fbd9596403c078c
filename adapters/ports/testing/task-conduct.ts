/**
 * How tasks conduct themselves towards a master, whatever runs them: plain processes, containers,
 * and the virtual agents of the simulator, whose time is not the real one. What the simulator
 * promises of a task's life is so held against what really happens.
 */
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';
import type {RegisterTest} from './register-test.ts';

/** What a task is like. `stubborn`: it runs on whatever it is asked. */
export type Manner = 'fails' | 'finishes' | 'runs' | 'stubborn';

/** Something that runs tasks. */
export interface ConductBed {
  /** Resolves when it was ordered, not when it runs. */
  launch(id: string, manner: Manner): Promise<void>;
  kill(id: string, graceMs: number): void;
  /** Resolves when it runs, or has ended; of a stubborn one, when it is not to be talked to. */
  running(id: string): Promise<void>;
  ended(id: string): Promise<void>;
  /** In the order in which they were told. */
  statesOf(id: string): readonly string[];
  /** ms, of the time in which it lives. */
  now(): number;
  wait(ms: number): Promise<void>;
  cleanUp(): Promise<void>;
}

export type ConductPromise = readonly [
  title: string,
  keep: (t: ExecutionContext, bed: ConductBed) => Promise<void>,
];

export function conductContract(
  test: RegisterTest,
  name: string,
  makeBed: () => Promise<ConductBed>,
): void {
  for (const [title, keep] of CONDUCT) {
    test(`${name}: ${title}`, async (t) => {
      const bed = await makeBed();
      try {
        await keep(t, bed);
      } finally {
        await bed.cleanUp();
      }
    });
  }
}

const GRACE_MS = 600;

export const CONDUCT: readonly ConductPromise[] = [
  [
    'of tasks that end by themselves all stages are told, in their order',
    async (t, bed) => {
      await Promise.all([bed.launch('good', 'finishes'), bed.launch('bad', 'fails')]);
      await Promise.all([bed.ended('good'), bed.ended('bad')]);
      t.deepEqual(bed.statesOf('good'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']);
      t.deepEqual(bed.statesOf('bad'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FAILED']);
    },
  ],
  [
    'a task that is killed ends as killed, once, however often it is said',
    async (t, bed) => {
      await bed.launch('one', 'runs');
      await bed.running('one');
      for (let time = 0; time < 3; time += 1) bed.kill('one', 10 * GRACE_MS);
      await bed.ended('one');
      bed.kill('one', 0);
      await bed.wait(GRACE_MS);
      t.regex(lifeOf('one', bed), /^STARTING RUNNING (KILLING )?KILLED$/);
    },
  ],
  [
    'a task that does not listen has its grace, the shortest that was said',
    async (t, bed) => {
      await Promise.all([bed.launch('short', 'stubborn'), bed.launch('long', 'stubborn')]);
      await Promise.all([bed.running('short'), bed.running('long')]);
      const from = bed.now();
      bed.kill('short', GRACE_MS);
      bed.kill('short', 1000 * GRACE_MS);
      bed.kill('long', 1000 * GRACE_MS);
      await bed.ended('short');
      // Timers may be early by what clocks are apart.
      t.true(bed.now() - from >= GRACE_MS - 20);
      t.regex(lifeOf('long', bed), /^STARTING RUNNING( KILLING)?$/);
      bed.kill('long', 0);
      await bed.ended('long');
      t.is(bed.statesOf('long').at(-1), 'TASK_KILLED');
    },
  ],
  [
    'nothing is told of what nobody launched',
    async (t, bed) => {
      bed.kill('nobody', 0);
      await bed.launch('one', 'finishes');
      await bed.ended('one');
      t.deepEqual(bed.statesOf('nobody'), []);
    },
  ],
  [
    'whenever tasks are killed, each has one end, and stages do not change places',
    async (t, bed) => {
      // Drawn once: these are lives of tasks, not inputs to be made smaller.
      const plans = fc.sample(PLAN, {numRuns: 24, seed: 7});
      await Promise.all(plans.map((plan, index) => livePlan(bed, `task${index}`, plan)));
      for (const [index, {manner, kills}] of plans.entries()) {
        const states = bed.statesOf(`task${index}`);
        const life = lifeOf(`task${index}`, bed);
        t.regex(life, /^(STARTING )?(RUNNING )?(KILLING )?(FINISHED|FAILED|KILLED)$/, life);
        if (kills.length === 0 && manner !== 'runs' && manner !== 'stubborn') {
          t.false(life.includes('KILLING'));
        }
        const own = manner === 'fails' ? 'TASK_FAILED' : 'TASK_FINISHED';
        const isByItself = manner === 'fails' || manner === 'finishes';
        const ends = isByItself ? [own, ...(kills.length > 0 ? ['TASK_KILLED'] : [])] : KILLED;
        t.true(ends.includes(states.at(-1) ?? ''), `${manner}: ${life}`);
      }
    },
  ],
];

const KILLED = ['TASK_KILLED'];

/** As one line of words. */
function lifeOf(id: string, bed: ConductBed): string {
  return bed
    .statesOf(id)
    .map((state) => state.slice('TASK_'.length))
    .join(' ');
}

interface Plan {
  readonly manner: Manner;
  /** When it is killed, ms after one another, and with which grace. */
  readonly kills: readonly {readonly afterMs: number; readonly graceMs: number}[];
}

const PLAN: fc.Arbitrary<Plan> = fc.record({
  manner: fc.constantFrom('fails', 'finishes', 'runs', 'stubborn'),
  kills: fc.array(fc.record({afterMs: fc.nat(150), graceMs: fc.constantFrom(0, 50, 300)}), {
    maxLength: 3,
  }),
});

async function livePlan(bed: ConductBed, id: string, {manner, kills}: Plan): Promise<void> {
  await bed.launch(id, manner);
  for (const {afterMs, graceMs} of kills) {
    await bed.wait(afterMs);
    bed.kill(id, graceMs);
  }
  // What nobody kills and what does not end would never.
  const isEndless = kills.length === 0 && (manner === 'runs' || manner === 'stubborn');
  if (isEndless) bed.kill(id, 100);
  await bed.ended(id);
}
