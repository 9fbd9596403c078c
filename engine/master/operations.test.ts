/** Operations on offers: reserving, volumes, and what they leave behind. */
import test from 'ava';
import {assemble, changed, entriesOf} from '../resources/entries.ts';
import {pushReservation} from '../resources/reservations.ts';
import type {Reservation} from '../resources/special.ts';
import {equalResources, isEmpty, subtractResources, type Resources} from '../resources/vector.ts';
import type {OfferOperation} from '../scheduler.ts';
import {
  AWARE,
  kinds,
  launchOf,
  resourcesOf,
  Stage,
  type ScriptedFramework,
} from './testing/stage.ts';

const WEB: Reservation = {type: 'DYNAMIC', role: 'web'};

function reserved(text: string, reservation = WEB): Resources {
  const pushed = pushReservation(resourcesOf(text), reservation, kinds);
  if (!pushed.ok) throw new Error(pushed.message);
  return pushed.resources;
}

/** A volume of all the reserved disk there is. */
function volume(mb: number, id: string): Resources {
  return assemble(
    entriesOf(reserved(`disk:${mb}`), kinds).map((entry) => ({
      ...changed(entry, {persistence: {id}}),
      volume: {mode: 'RW', containerPath: 'data'},
    })),
  );
}

const reserve = (text: string): OfferOperation => {
  return {kind: 'reserve', resources: reserved(text)};
};

const ALL = 'cpus:4;disk:100';
const REFUSE_MS = 3600_000;

function stageOf(): {stage: Stage; framework: ScriptedFramework} {
  const stage = new Stage([AWARE], {roles: ['web']});
  stage.register('a', resourcesOf(ALL));
  stage.done();
  return {stage, framework: stage.framework(1)};
}

function accept(
  framework: ScriptedFramework,
  operations: readonly OfferOperation[],
  launch?: Resources,
): void {
  const ids = framework.taken().map(({id}) => id);
  const launches = launch === undefined ? [] : [launchOf('t', launch)];
  framework.driver.accept(ids, launches, REFUSE_MS, operations);
}

const totalOf = (stage: Stage): Resources =>
  stage.master.agents.get('a' as never)?.total ?? resourcesOf('');

const VOLUME = volume(60, 'v');

const CASES: readonly {
  readonly title: string;
  readonly operations: readonly OfferOperation[];
  /** What the agent has afterwards. */
  readonly total: readonly Resources[];
  readonly effects: number;
}[] = [
  {
    title: 'what is reserved is',
    operations: [reserve('cpus:1;disk:60')],
    total: [resourcesOf('cpus:3;disk:40'), reserved('cpus:1;disk:60')],
    effects: 1,
  },
  {
    title: 'a volume is made of what an operation before has reserved',
    operations: [reserve('disk:60'), {kind: 'create', resources: VOLUME}],
    total: [resourcesOf('cpus:4;disk:40'), VOLUME],
    effects: 1,
  },
  {
    title: 'what is undone in the same call is as before',
    operations: [
      reserve('disk:60'),
      {kind: 'create', resources: VOLUME},
      {kind: 'destroy', resources: VOLUME},
      {kind: 'unreserve', resources: reserved('disk:60')},
    ],
    total: [resourcesOf(ALL)],
    effects: 1,
  },
  {
    title: 'a volume on what nobody has reserved is not made',
    operations: [{kind: 'create', resources: VOLUME}],
    total: [resourcesOf(ALL)],
    effects: 0,
  },
  {
    title: 'more than was offered is not reserved, and nothing of it',
    operations: [reserve('cpus:1;disk:101')],
    total: [resourcesOf(ALL)],
    effects: 0,
  },
  {
    title: 'nothing is reserved for another role than that of the offer',
    operations: [{kind: 'reserve', resources: reserved('cpus:1', {...WEB, role: 'db'})}],
    total: [resourcesOf(ALL)],
    effects: 0,
  },
  {
    title: 'a volume of which there is one already is not made again',
    operations: [
      reserve('disk:100'),
      {kind: 'create', resources: VOLUME},
      {kind: 'create', resources: volume(40, 'v')},
    ],
    total: [resourcesOf('cpus:4'), reserved('disk:40'), VOLUME],
    effects: 1,
  },
  {
    title: 'what a volume lies on stays reserved',
    operations: [
      reserve('disk:60'),
      {kind: 'create', resources: VOLUME},
      {kind: 'unreserve', resources: VOLUME},
    ],
    total: [resourcesOf('cpus:4;disk:40'), VOLUME],
    effects: 1,
  },
];

const same = (left: Resources, parts: readonly Resources[]): boolean => {
  const rest = parts.reduce(subtractResources, left);
  return isEmpty(rest) && parts.every((part) => isEmpty(subtractResources(part, left)));
};

for (const {title, operations, total, effects} of CASES) {
  test(`operations on an offer: ${title}`, (t) => {
    const {stage, framework} = stageOf();
    accept(framework, operations);
    t.true(same(totalOf(stage), total));
    const agent = stage.master.agents.get('a' as never);
    t.true(equalResources(stage.master.allocator.totalOn(agent?.slot ?? -1), totalOf(stage)));
    t.true(equalResources(stage.master.allocator.availableOn(agent?.slot ?? -1), totalOf(stage)));
    t.deepEqual(stage.done(), effects === 0 ? [] : ['applyOperations  on a']);
  });
}

test('what was reserved is offered again at once, whatever is refused with it', (t) => {
  const {stage, framework} = stageOf();
  accept(framework, [reserve('cpus:1')]);
  stage.until(1000);
  const [offer] = framework.taken();
  t.true(
    offer !== undefined &&
      same(offer.resources, [resourcesOf('cpus:3;disk:100'), reserved('cpus:1')]),
  );
  accept(framework, []);
});

test('a task is launched on what the same call has reserved, and holds it', (t) => {
  const {stage, framework} = stageOf();
  const own = reserved('cpus:1;disk:40');
  accept(framework, [{kind: 'reserve', resources: own}], own);
  t.deepEqual(stage.done(), ['applyOperations  on a', 'launchTask t on a']);
  stage.status('a', 't', 'TASK_RUNNING');
  t.true(same(totalOf(stage), [resourcesOf('cpus:3;disk:60'), own]));
  t.is(stage.free('a'), 3000);
  stage.status('a', 't', 'TASK_FINISHED');
  stage.until(1000);
  const sum = framework.taken().map(({resources}) => resources);
  t.true(sum.some((resources) => isEmpty(subtractResources(own, resources))));
});

test('a task that needs what could not be reserved is refused', (t) => {
  const {stage, framework} = stageOf();
  const own = reserved('cpus:5');
  accept(framework, [{kind: 'reserve', resources: own}], own);
  stage.until(0);
  t.deepEqual(framework.news(), ['t TASK_ERROR REASON_TASK_INVALID']);
});

test('an agent that was only disconnected is told again what is reserved on it', (t) => {
  const {stage, framework} = stageOf();
  accept(framework, [reserve('cpus:1')]);
  stage.done();
  const told = totalOf(stage);
  stage.register('a', resourcesOf(ALL));
  t.true(equalResources(totalOf(stage), told));
  t.deepEqual(stage.done(), ['applyOperations  on a']);
  stage.register('a', resourcesOf('cpus:8;disk:100'));
  t.true(same(totalOf(stage), [resourcesOf('cpus:8;disk:100')]), 'another machine by this name');
});

test('what an agent that was given up says of itself counts', (t) => {
  const {stage, framework} = stageOf();
  accept(framework, [reserve('cpus:1')]);
  stage.master.agentDisconnected('a' as never);
  stage.until(1_000_000);
  stage.register('a', resourcesOf(ALL));
  t.true(same(totalOf(stage), [resourcesOf(ALL)]));
});
