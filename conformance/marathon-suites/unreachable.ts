/** Suite `unreachable`: a real Marathon whose agents are lost and come back. */
import {z} from 'zod';
import type {StatusReason, TaskState} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {makeAdapter} from './adapter.ts';
import {exact, sameSet, subset} from './compare.ts';
import {bodyOf} from './definitions.ts';
import {World} from './world.ts';

const given = z.strictObject({
  app: z.strictObject({
    instances: z.int(),
    unreachableStrategy: z.union([
      z.literal('disabled'),
      z.strictObject({inactiveAfterSeconds: z.number(), expungeAfterSeconds: z.number()}),
    ]),
    resident: z.boolean().default(false),
  }),
  /** In words. */
  timing: z.string(),
});
type Given = z.output<typeof given>;

const step = z.strictObject({
  at: z.int().optional(),
  instance: z.string().optional(),
  status: z.templateLiteral(['TASK_', z.string()]).optional(),
  reason: z.templateLiteral(['REASON_', z.string()]).optional(),
  advanceTo: z.int().optional(),
  scaleTo: z.int().optional(),
});
type Step = z.output<typeof step>;

const names = z.array(z.string());
const after = z.strictObject({
  conditions: z.record(z.string(), z.string()).default({}),
  launched: z.int(),
  expunged: names.optional(),
  decommissioned: names.optional(),
  relaunched: names.optional(),
  kill: names.default([]),
  events: names.optional(),
  reservationKept: z.boolean().optional(),
});

interface Observed {
  readonly conditions: Readonly<Record<string, string>>;
  readonly launched: number;
  readonly expunged: readonly string[];
  readonly decommissioned: readonly string[];
  readonly relaunched: readonly string[];
  readonly kill: readonly string[];
  readonly events: readonly string[];
  readonly reservationKept: boolean;
}

export const unreachable = makeAdapter({
  given,
  when: z.array(step),
  expected: z.strictObject({after: z.array(after)}),
  run: ({given: value, when}, seed) => {
    const player = new Player(value, seed);
    return when.map((one) => player.play(one));
  },
  judge: (then, result) => [
    ...exact(then.after.length, result.length, 'after.length'),
    ...then.after.flatMap(({expunged, decommissioned, relaunched, ...equal}, at) => {
      const [seen, path] = [result[at], `after.${at}`];
      const same = (wanted: readonly string[] | undefined, name: keyof Observed) =>
        wanted === undefined
          ? []
          : sameSet(wanted, seen?.[name] as readonly string[], `${path}.${name}`);
      return [
        ...subset(equal, seen, path),
        ...same(expunged, 'expunged'),
        ...same(decommissioned, 'decommissioned'),
        ...same(relaunched, 'relaunched'),
      ];
    }),
  ],
});

/** In a group of its role's name, where it may have that role. */
const APP = '/web/a';
/** Between what is prepared and the first stimulus. */
const QUIET_MS = 600_000;

class Player {
  readonly #world: World;
  readonly #given: Given;
  readonly #start: number;
  /** Instance id → the name of the case. */
  readonly #names = new Map<string, string>();
  #fresh = 0;

  constructor(given: Given, seed: number) {
    this.#given = given;
    const {instances, unreachableStrategy, resident} = given.app;
    // What is reserved for everybody is reserved for nobody.
    const role = resident ? 'web' : '*';
    this.#world = new World({
      seed,
      agents: Array.from({length: instances + 2}, (_, at) => ({
        name: `agent${at + 1}`,
        resources: 'cpus:1;mem:1024;disk:1024',
      })),
      marathon: {reviveIntervalMs: 0},
      role,
    });
    const fields = {
      cpus: 0.5,
      mem: 32,
      portDefinitions: [],
      instances,
      unreachableStrategy,
      role,
      upgradeStrategy: {minimumHealthCapacity: 0.5, maximumOverCapacity: 0},
      resident,
    };
    const reply = this.#world.request({kind: 'appPut', app: bodyOf(APP, fields)});
    if (!reply.ok) throw new UnknownInCase(`app: ${JSON.stringify(reply.refusal)}`);
    this.#world.advanceTo(60_000);
    this.#ids().forEach((id, at) => {
      this.#names.set(id, `i${at + 1}`);
      this.#world.advanceTo(this.#world.now + 1000);
      this.#report(id, 'TASK_RUNNING');
    });
    this.#start = this.#world.now + QUIET_MS;
    this.#world.advanceTo(this.#start);
  }

  play({at, advanceTo, instance, status, reason, scaleTo}: Step): Observed {
    const world = this.#world;
    const before = this.#standing();
    const [killed, published] = [world.kills.length, world.events.length];
    world.advanceTo(this.#start + (at ?? advanceTo ?? 0));
    if (scaleTo !== undefined) {
      world.request({kind: 'appPatch', appId: APP, patch: {instances: scaleTo}});
    }
    if (status !== undefined) {
      this.#report(this.#idOf(instance), status as TaskState, reason);
    }
    const now = this.#standing();
    const fresh = [...now.keys()].filter((id) => !before.has(id));
    for (const id of fresh) {
      this.#fresh += 1;
      this.#names.set(id, `new-${this.#fresh}`);
    }
    const scheduled = [...now].filter(([id, {condition}]) => {
      const old = before.get(id)?.condition;
      return condition === 'Scheduled' && old !== undefined && old !== condition;
    });
    // A resident instance waits for its own agent, or for a new one: nothing is put beside it.
    const relaunched = this.#given.app.resident ? [] : scheduled.map(([id]) => id);
    return {
      conditions: Object.fromEntries(
        [...now].map(([id, {condition}]) => [this.#nameOf(id), condition]),
      ),
      launched: fresh.length + relaunched.length,
      expunged: this.#namesOf([...before.keys()].filter((id) => !now.has(id))),
      decommissioned: this.#namesOf(
        [...now]
          .filter(([id, {goal}]) => goal === 'Decommissioned' && before.get(id)?.goal !== goal)
          .map(([id]) => id),
      ),
      relaunched: this.#namesOf(relaunched),
      kill: world.kills.slice(killed).map((task) => this.#nameOf(this.#instanceOf(task))),
      events: world.events.slice(published).map(({type}) => type),
      reservationKept: world.marathon
        .instancesOf(APP)
        .some(({reservation}) => reservation !== undefined),
    };
  }

  #standing(): Map<string, {condition: string; goal: string}> {
    const all = this.#world.marathon.instancesOf(APP);
    return new Map(all.map(({id, condition, goal}) => [id, {condition, goal}]));
  }

  #ids(): readonly string[] {
    return this.#world.marathon.instancesOf(APP).map(({id}) => id);
  }

  #nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  #namesOf(ids: readonly string[]): readonly string[] {
    return ids.map((id) => this.#nameOf(id));
  }

  #idOf(name: string | undefined): string {
    const id = [...this.#names].find(([, one]) => one === name)?.[0];
    if (id === undefined) throw new UnknownInCase(`there is no instance '${String(name)}'`);
    return id;
  }

  /** News of the last task of an instance; nobody tells of one that was never launched. */
  #report(id: string, state: TaskState, reason?: StatusReason): void {
    const launch = this.#world.launches.findLast(({taskId}) => this.#instanceOf(taskId) === id);
    if (launch !== undefined) this.#world.status(launch.taskId, state, {reason});
  }

  #instanceOf(taskId: string): string {
    const details = this.#world.launches.find((one) => one.taskId === taskId)?.details;
    return (details as {readonly instanceId?: string} | undefined)?.instanceId ?? taskId;
  }
}
