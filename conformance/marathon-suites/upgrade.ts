/**
 * Suite `upgrade`: the rolling replacement of the instances of one app. This file plays the part of
 * the one who carries out what an upgrade decides, and who knows the instances.
 */
import {z} from 'zod';
import {
  RollingUpgrade,
  type UpgradeCapacity,
  type UpgradeDecisions,
  type UpgradeEvent,
  type UpgradeInstance,
  type UpgradeRecord,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {makeAdapter} from './adapter.ts';
import {exact, includes, plain, subset} from './compare.ts';
import {conditionSchema, goalSchema} from './conditions.ts';

const oldInstance = z.strictObject({
  id: z.string(),
  goal: goalSchema,
  condition: conditionSchema,
  healthy: z.boolean().nullable(),
});
const newInstance = oldInstance.extend({ready: z.boolean().nullable()});

const given = z.strictObject({
  app: z.strictObject({
    instances: z.int(),
    upgradeStrategy: z.strictObject({
      minimumHealthCapacity: z.number(),
      maximumOverCapacity: z.number(),
    }),
    healthChecks: z.boolean(),
    readinessCheck: z.boolean(),
    resident: z.boolean(),
  }),
  old: z.array(oldInstance),
  new: z.array(newInstance),
});
type Given = z.output<typeof given>;

const stimulus = z.strictObject({
  event: z.enum([
    'start',
    'oldTerminated',
    'oldDied',
    'oldUnreachable',
    'newRunning',
    'newHealthy',
    'newUnhealthy',
    'newReady',
    'newNotReady',
    'newDied',
    'newTerminatedByOthers',
    'otherAppEvent',
  ]),
  instance: z.string().optional(),
});
type Stimulus = z.output<typeof stimulus>;

const after = z.strictObject({
  kill: z.int(),
  launch: z.int(),
  finished: z.boolean(),
  victimsInclude: z.array(z.string()).default([]),
  decommission: z.array(z.string()).optional(),
});

const expected = z.strictObject({
  strategy: z
    .strictObject({minHealthy: z.int(), maxCapacity: z.int(), killNow: z.int()})
    .optional(),
  after: z.array(after),
});

type Fields = Readonly<Record<string, unknown>>;

/** `old` and `new` of the defaults are templates for one instance each. */
function merge(defaults: Fields, written: Fields): Fields {
  const {old, new: fresh, ...app} = defaults;
  const filled = (template: unknown, instances: unknown): unknown[] =>
    ((instances ?? []) as object[]).map((one) => ({...(template as object), ...one}));
  return {
    ...written,
    app: {...app, ...(written['app'] as object)},
    old: filled(old, written['old']),
    new: filled(fresh, written['new']),
  };
}

/** What is known of an instance, beside what the upgrade itself keeps. */
interface Known {
  readonly serial: number;
  readonly isNew: boolean;
  hasGoalRunning: boolean;
  healthy: boolean;
  ready: boolean;
  /** Has been healthy and ready at the same time. */
  proven: boolean;
}

class Player {
  readonly #given: Given;
  readonly #instances = new Map<string, Known>();
  readonly #victims: string[] = [];
  #launched = 0;
  #upgrade: RollingUpgrade | undefined;

  constructor(given: Given) {
    this.#given = given;
    const {healthChecks, readinessCheck} = given.app;
    const admit = (one: z.output<typeof oldInstance>, isNew: boolean, isReady: boolean): void => {
      const hasGoalRunning = one.goal === 'Running';
      const healthy = healthChecks ? one.healthy === true : hasGoalRunning;
      const ready = !readinessCheck || isReady;
      const serial = this.#instances.size;
      const proven = isNew && healthy && ready;
      this.#instances.set(one.id, {serial, isNew, hasGoalRunning, healthy, ready, proven});
    };
    for (const one of given.old) admit(one, false, true);
    for (const one of given.new) admit(one, true, one.ready === true);
  }

  get capacity(): UpgradeCapacity | undefined {
    return this.#upgrade?.capacity;
  }

  play({event, instance = ''}: Stimulus): UpgradeDecisions {
    if (event === 'start') return this.#carryOut(this.#start());
    const upgrade = this.#upgrade;
    if (upgrade === undefined) throw new UnknownInCase(`${event}: nothing has been started`);
    const victim = /^victim-(\d+)$/.exec(instance)?.[1];
    const id = victim === undefined ? instance : (this.#victims[Number(victim) - 1] ?? '');
    const translated = this.#translate(event, id);
    if (translated !== undefined) return this.#carryOut(upgrade.on(translated));
    return {kill: [], decommission: [], launch: 0, finished: upgrade.isFinished};
  }

  #start(): UpgradeDecisions {
    const {app} = this.#given;
    const {upgrade, decisions} = RollingUpgrade.start(
      {
        instances: app.instances,
        strategy: app.upgradeStrategy,
        killSelection: 'YOUNGEST_FIRST',
        resident: app.resident,
      },
      this.#present(),
    );
    this.#upgrade = upgrade;
    return decisions;
  }

  #translate(event: Stimulus['event'], id: string): UpgradeEvent | undefined {
    if (event === 'otherAppEvent') return undefined;
    const known = this.#instances.get(id);
    if (known === undefined) throw new UnknownInCase(`${event}: there is no instance '${id}'`);
    const {healthChecks} = this.#given.app;
    switch (event) {
      case 'oldTerminated':
        this.#instances.delete(id);
        return {kind: 'oldGone', id};
      case 'oldDied':
      case 'oldUnreachable':
        known.healthy = false;
        return {kind: 'oldDied', id};
      case 'newRunning':
        return this.#changed(id, known, {healthy: !healthChecks || known.healthy});
      case 'newHealthy':
        return this.#changed(id, known, {healthy: true});
      case 'newUnhealthy':
        return this.#changed(id, known, {healthy: false});
      case 'newReady':
        return this.#changed(id, known, {ready: true});
      case 'newNotReady':
        return this.#changed(id, known, {ready: false});
      case 'newDied':
        Object.assign(known, {healthy: false, ready: this.#readyAtFirst, proven: false});
        return {kind: 'newDied', id};
      case 'newTerminatedByOthers':
        this.#instances.delete(id);
        return {kind: 'newGone', id};
      case 'start':
        return undefined;
    }
  }

  get #readyAtFirst(): boolean {
    return !this.#given.app.readinessCheck;
  }

  #changed(
    id: string,
    known: Known,
    change: Partial<Pick<Known, 'healthy' | 'ready'>>,
  ): UpgradeEvent {
    Object.assign(known, change);
    known.proven ||= known.healthy && known.ready;
    return {kind: 'newChanged', id, healthy: known.healthy, proven: known.proven};
  }

  #carryOut(decisions: UpgradeDecisions): UpgradeDecisions {
    this.#victims.push(...decisions.kill);
    for (const id of [...decisions.kill, ...decisions.decommission]) {
      const known = this.#instances.get(id);
      if (known !== undefined) known.hasGoalRunning = false;
    }
    const ids = Array.from({length: decisions.launch}, () => {
      this.#launched += 1;
      return `new-${this.#launched}`;
    });
    for (const id of ids) {
      this.#instances.set(id, {
        serial: this.#instances.size,
        isNew: true,
        hasGoalRunning: true,
        healthy: false,
        ready: this.#readyAtFirst,
        proven: false,
      });
    }
    this.#upgrade?.launched(ids);
    // It goes on as if it had been read from disk.
    const record = plain(this.#upgrade?.record) as UpgradeRecord;
    this.#upgrade = RollingUpgrade.restore(record, this.#present(), false);
    return decisions;
  }

  #present(): readonly UpgradeInstance[] {
    return [...this.#instances].map(([id, {ready: _ready, ...known}]) => ({id, ...known}));
  }
}

export const upgrade = makeAdapter({
  given,
  when: z.array(stimulus),
  expected,
  merge,
  run: ({given: value, when}) => {
    const player = new Player(value);
    const seen = when.map((one) => player.play(one));
    return {strategy: player.capacity, after: seen};
  },
  judge: (expected, result) => [
    ...(expected.strategy === undefined
      ? []
      : subset(expected.strategy, result.strategy, 'strategy')),
    ...exact(expected.after.length, result.after.length, 'after.length'),
    ...expected.after.flatMap(({kill, victimsInclude, ...others}, at) => {
      const seen = result.after[at];
      return [
        ...exact(kill, seen?.kill.length, `after.${at}.kill`),
        ...includes(victimsInclude, seen?.kill, `after.${at}.victimsInclude`),
        ...subset(others, seen, `after.${at}`),
      ];
    }),
  ],
});
