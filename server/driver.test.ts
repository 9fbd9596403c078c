/** The loop between the engine and the world: what is answered when, and what ends it. */
import test, {type ExecutionContext} from 'ava';
import {
  StoreFencedError,
  StoreRefusedError,
  StoreUnavailableError,
} from '../adapters/ports/store.ts';
import {NotLeadingError} from '../api/cluster.ts';
import {frameworkIdOf, succeedEngine, type FrameworkReply} from '../engine/index.ts';
import {makeClock} from './clock.ts';
import {Driver} from './driver.ts';

const MARATHON = frameworkIdOf('marathon');
const PUT_APP = {kind: 'appPut', app: {id: '/a', cmd: 'true', instances: 1}};
/** In which a promise would have been settled, if anything settled it. */
const TURNS = 20;

interface Scene {
  readonly driver: Driver;
  /** Writes that the store has not answered, the oldest first. */
  readonly writes: PromiseWithResolvers<void>[];
  /** Inputs by their kinds. */
  readonly passed: string[];
  readonly reasons: string[];
  isLeading: boolean;
}

function makeScene(t: ExecutionContext): Scene {
  const writes: PromiseWithResolvers<void>[] = [];
  const passed: string[] = [];
  const reasons: string[] = [];
  const clock = makeClock();
  const options = {seed: 1, frameworks: [{id: MARATHON, type: 'marathon', role: '*'}]} as const;
  const driver = new Driver({
    engine: succeedEngine(options, {records: [], epoch: 1}, clock.now(), {}),
    store: {
      commit: async () => {
        const write = Promise.withResolvers<void>();
        writes.push(write);
        await write.promise;
      },
    },
    clock,
    isLeading: () => scene.isLeading,
    carryOut: () => undefined,
    published: () => undefined,
    deposed: (reason) => reasons.push(reason),
    witness: {
      input: (_now, {kind}) => passed.push(kind),
      effect: () => undefined,
      measured: () => undefined,
    },
  });
  t.teardown(() => driver.stop());
  const scene: Scene = {driver, writes, passed, reasons, isLeading: true};
  driver.start();
  return scene;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('a change is answered when it is written, and not before', async (t) => {
  const {driver, writes} = makeScene(t);
  let reply: FrameworkReply | undefined;
  const asked = driver.request(MARATHON, PUT_APP).then((answer) => (reply = answer));
  await turns();
  t.true(writes.length > 0);
  t.is(reply, undefined);
  for (const write of writes) write.resolve();
  t.true((await asked).ok);
});

for (const [error, reason] of [
  [new StoreFencedError(1, 2), 'another master leads'],
  [new StoreRefusedError('too large'), 'a record cannot be kept'],
  [new StoreUnavailableError('the disk is full'), 'the store has failed'],
] as const) {
  test(`the term ends with a write that fails: ${error.name}`, async (t) => {
    const {driver, writes, reasons} = makeScene(t);
    const asked = driver.request(MARATHON, PUT_APP);
    await turns();
    for (const write of writes) write.reject(error);
    await t.throwsAsync(asked, {instanceOf: NotLeadingError});
    await t.throwsAsync(driver.request(MARATHON, PUT_APP), {instanceOf: NotLeadingError});
    t.deepEqual(reasons, [reason]);
  });
}

test('who cannot prove that it leads steps nothing of what has arrived', async (t) => {
  const scene = makeScene(t);
  await turns();
  const before = scene.passed.length;
  scene.isLeading = false;
  await t.throwsAsync(scene.driver.request(MARATHON, PUT_APP), {instanceOf: NotLeadingError});
  t.is(scene.passed.length, before);
  t.deepEqual(scene.reasons, ['it can no longer prove that it leads']);
});

test('what an input needs is done right before its step', async (t) => {
  const {driver, passed} = makeScene(t);
  driver.tell({kind: 'probeResults', frameworkId: MARATHON, results: []}, () => {
    passed.push('prepared');
  });
  await turns();
  t.is(passed[passed.indexOf('prepared') + 1], 'probeResults');
});

test('the clock gives whole milliseconds, and never goes back', (t) => {
  const readings = [1000.7, 999, 1001.2];
  const clock = makeClock(() => readings.shift() ?? 0);
  t.deepEqual([clock.now(), clock.now(), clock.now()], [1000, 1000, 1001]);
});
