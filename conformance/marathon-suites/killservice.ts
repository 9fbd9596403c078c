/** Suite `killservice`: kill calls, their number under way, and their repetition. */
import {z} from 'zod';
import {isTerminalCondition, KillService, type KillClock} from '../../engine/index.ts';
import {makeAdapter} from './adapter.ts';
import {exact, sameSet, subset} from './compare.ts';
import {conditionSchema, goalSchema} from './conditions.ts';
import {World} from './world.ts';

const instance = z.strictObject({
  id: z.string(),
  condition: conditionSchema,
  goal: goalSchema,
  reserved: z.boolean(),
  tasks: z.array(z.strictObject({id: z.string(), condition: conditionSchema})),
});
type Instance = z.output<typeof instance>;

const given = z.strictObject({
  chunkSize: z.int(),
  retryMs: z.int(),
  instances: z.array(instance),
});
type Given = z.output<typeof given>;

const step = z.strictObject({
  at: z.int(),
  request: z.array(z.string()).optional(),
  terminal: z.string().optional(),
  tick: z.literal(true).optional(),
});
type Step = z.output<typeof step>;

interface Observed {
  readonly kill: readonly string[];
  readonly setGoal: readonly string[];
  readonly inFlight: number;
  readonly done: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

function merge({instance: template, ...defaults}: Fields, written: Fields): Fields {
  const {tasks: _inWords, ...common} = template as Fields;
  const instances = (written['instances'] as readonly Fields[]).map((one) => {
    const filled = {...common, ...one};
    const {id, condition} = filled as {id?: unknown; condition?: unknown};
    return {tasks: [{id: `${String(id)}-t1`, condition}], ...filled};
  });
  return {...defaults, ...written, instances};
}

export const killservice = makeAdapter({
  given,
  when: z.array(step),
  expected: z.strictObject({
    after: z.array(
      z.strictObject({
        kill: z.array(z.string()),
        setGoal: z.array(z.string()).default([]),
        inFlight: z.int(),
        done: z.array(z.string()).optional(),
      }),
    ),
  }),
  merge,
  run: ({given: value, when}, seed) => {
    // What is lost and still wanted is not killed but given up: that, Marathon itself decides.
    const isGivenUp = value.instances.some(isLostAndWanted);
    return isGivenUp ? playWorld(value, when, seed) : new Player(value).play(when);
  },
  judge: (expected, result) => [
    ...exact(expected.after.length, result.length, 'after.length'),
    ...expected.after.flatMap(({done, ...equal}, at) => [
      ...subset(equal, result[at], `after.${at}`),
      ...(done === undefined ? [] : sameSet(done, result[at]?.done, `after.${at}.done`)),
    ]),
  ],
});

function isLostAndWanted({condition, goal}: Instance): boolean {
  return goal === 'Running' && (condition === 'Unreachable' || condition === 'UnreachableInactive');
}

/** The service alone, with a clock. */
class Player {
  readonly #given: Given;
  readonly #service: KillService;
  readonly #gone = new Set<string>();
  readonly #open = new Set<string>();
  readonly #clock = {now: 0, due: Infinity};
  #sent: string[] = [];

  constructor(given: Given) {
    this.#given = given;
    const {chunkSize, retryMs} = given;
    this.#service = new KillService(
      clockOnly(this.#clock),
      (id) => {
        const tasks = this.#tasksOf(id);
        this.#sent.push(...tasks);
        return tasks.length > 0;
      },
      {chunkSize, retryMs},
    );
  }

  play(steps: readonly Step[]): readonly Observed[] {
    return steps.map(({at, request = [], terminal}) => {
      this.#sent = [];
      this.#clock.now = at;
      if (this.#clock.due <= at) {
        this.#clock.due = Infinity;
        this.#service.onTimer();
      }
      for (const id of request) {
        this.#open.add(id);
        this.#service.request(id);
      }
      if (terminal !== undefined) {
        this.#gone.add(terminal);
        this.#service.ended(terminal);
      }
      const done = [...this.#open].filter((id) => this.#tasksOf(id).length === 0);
      for (const id of done) this.#open.delete(id);
      return {kill: this.#sent, setGoal: [], inFlight: this.#service.inFlight, done};
    });
  }

  /** Tasks of an instance that have not ended. */
  #tasksOf(id: string): readonly string[] {
    if (this.#gone.has(id)) return [];
    const tasks = this.#given.instances.find((one) => one.id === id)?.tasks ?? [];
    return tasks.filter(({condition}) => !isTerminalCondition(condition)).map((one) => one.id);
  }
}

function clockOnly(clock: {now: number; due: number}): KillClock {
  return {
    now: () => clock.now,
    armTimer: (_name, _subject, at) => {
      clock.due = at;
    },
    cancelTimer: () => {
      clock.due = Infinity;
    },
  };
}

/** Long enough that nothing is given up for its time. */
const PATIENT = {inactiveAfterSeconds: 1_000_000, expungeAfterSeconds: 2_000_000};

/** The same with a real Marathon: instances of one app that run, are lost, and are to be killed. */
function playWorld({instances}: Given, steps: readonly Step[], seed: number): readonly Observed[] {
  const world = new World({
    seed,
    agents: [{name: 'agent', resources: 'cpus:100;mem:100000'}],
    marathon: {reviveIntervalMs: 0},
  });
  const app = {id: '/a', cmd: 'sleep 1000', cpus: 0.1, mem: 32, portDefinitions: []};
  const more = {instances: instances.length, unreachableStrategy: PATIENT};
  world.request({kind: 'appPut', app: {...app, ...more}});
  world.advanceTo(60_000);
  const start = world.now;
  const ids = new Map<string, string>();
  world.marathon.instancesOf('/a').forEach(({id}, at) => {
    ids.set(instances[at]?.id ?? '', id);
  });
  const taskOf = (name: string): string =>
    world.launches.find(({taskId}) => taskId.startsWith(ids.get(name) ?? '?'))?.taskId ?? '';
  for (const one of instances) {
    world.status(taskOf(one.id), 'TASK_RUNNING');
    if (isLostAndWanted(one)) world.status(taskOf(one.id), 'TASK_UNREACHABLE');
  }
  const goalOf = (name: string): string | undefined =>
    world.marathon.instancesOf('/a').find(({id}) => id === ids.get(name))?.goal;
  const names = new Map(instances.map(({id}) => [taskOf(id), `${id}-t1`]));
  const open = new Set<string>();
  return steps.map(({at, request = [], terminal}) => {
    world.advanceTo(start + at);
    const killed = world.kills.length;
    const wanted = request.filter((name) => goalOf(name) === 'Running');
    for (const name of request) {
      open.add(name);
      world.request({kind: 'instancesKill', instanceIds: [ids.get(name)]});
    }
    if (terminal !== undefined) world.status(taskOf(terminal), 'TASK_KILLED');
    const kill = world.kills.slice(killed).map((task) => names.get(task) ?? task);
    const done = [...open].filter((name) => goalOf(name) === undefined);
    for (const name of done) open.delete(name);
    return {
      kill,
      setGoal: wanted.filter((name) => goalOf(name) === 'Decommissioned'),
      inFlight: kill.length,
      done,
    };
  });
}
