import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {randomUUID} from 'node:crypto';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import type {ContainerSpec} from '../../engine/index.ts';
import type {ExecutorNews, ExecutorTask} from '../ports/executor.ts';
import {Agent} from '../ports/testing/contract-agent.ts';
import {
  type BedArgument,
  containerOf,
  type DockerBed,
  makeDockerBed,
} from './testing/docker-bed.ts';
import {startRegistry, type TestRegistry} from './testing/registry.ts';
import {until} from '../ports/testing/until.ts';

interface World {
  bed: DockerBed;
  agent: Agent;
  registry: TestRegistry;
  closers: (() => Promise<void>)[];
}

const test = anyTest as TestFn<World>;
type Context = ExecutionContext<World>;

const LOGIN = {username: 'sailor', password: 'a:b=c'};
const AUTH = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');

test.beforeEach(async (t) => {
  t.timeout(240_000);
  const registry = await startRegistry();
  t.context = {registry, closers: [() => registry.close()]} as unknown as World;
  Object.assign(t.context, await openAgent(t, {}));
});

test.afterEach.always(async (t) => {
  for (const close of t.context.closers.toReversed()) await close();
});

async function openAgent(
  t: Context,
  given: Partial<BedArgument>,
): Promise<Pick<World, 'agent' | 'bed'>> {
  const bed = await makeDockerBed(given);
  const agent = new Agent(bed);
  t.context.closers.push(async () => {
    await agent.shutDown();
    await bed.cleanUp();
    const images = await bed.docker.listImages();
    const tags = images.flatMap(({RepoTags, RepoDigests}) => [
      ...(RepoTags ?? []),
      ...(RepoDigests ?? []),
    ]);
    const host = t.context.registry.host;
    for (const tag of tags.filter((one) => one.startsWith(`${host}/`))) {
      await bed.docker.getImage(tag).remove({force: true}).catch(ignoreAbsent);
    }
  });
  return {agent, bed};
}

function ignoreAbsent(error: Error & {readonly statusCode?: number}): void {
  if (error.statusCode !== 404) throw error;
}

/** An image that no test had before, which says its own name. */
function putImage(t: Context, tag = '1', says: string = randomUUID()): Promise<string> {
  return t.context.registry.put('team/app', tag, ['says', says]);
}

function launch(
  agent: Agent,
  container: Partial<ContainerSpec>,
  shell = 'cat /says',
): Promise<ExecutorTask> {
  return agent.launch({shell, container: containerOf(container)});
}

function finished(t: Context, end: ExecutorNews): void {
  t.is(end.state, 'TASK_FINISHED', end.message);
}

function failed(t: Context, end: ExecutorNews, message: RegExp): void {
  t.is(end.state, 'TASK_FAILED');
  t.is(end.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
  t.regex(end.message ?? '', message);
}

test('an image that is not there is pulled, and the task says so meanwhile', async (t) => {
  const {agent, bed, registry} = t.context;
  const image = await putImage(t);
  const goOn = registry.hold();
  const task = await launch(agent, {image});
  await until('progress', async () =>
    bed.progress.some((line) => /pulling: \d of 1 layers/.test(line)),
  );
  t.deepEqual(agent.newsOf(task.spec.taskId), [
    {taskId: task.spec.taskId, state: 'TASK_STARTING', message: `Pulling image '${image}'`},
  ]);
  goOn();
  finished(t, await agent.ended(task));
  t.deepEqual(agent.statesOf(task.spec.taskId), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']);
  t.true(bed.progress.some((line) => line.startsWith(`${image}: pulled in `)));
});

test('one that is there is not pulled, unless that is forced', async (t) => {
  const {agent, registry} = t.context;
  const image = await putImage(t, '1', 'old');
  finished(t, await agent.ended(await launch(agent, {image})));
  await putImage(t, '1', 'new');
  const {length} = registry.requests;
  await agent.ended(await launch(agent, {image}, 'test "$(cat /says)" = old'));
  t.is(registry.requests.length, length);
  const fresh = await launch(agent, {image, forcePull: true}, 'test "$(cat /says)" = new');
  finished(t, await agent.ended(fresh));
  t.true(registry.requests.length > length);
});

test('a forced pull that fails fails the task, even if the image is there', async (t) => {
  const {agent, registry} = t.context;
  const image = await putImage(t);
  await agent.ended(await launch(agent, {image}));
  await registry.close();
  t.context.closers.shift();
  failed(t, await agent.ended(await launch(agent, {image, forcePull: true})), /Failed to pull/);
});

test('tasks share a pull, and one that is killed leaves it to the others', async (t) => {
  const {agent, registry} = t.context;
  const image = await putImage(t);
  const goOn = registry.hold();
  const tasks = await Promise.all(Array.from({length: 4}, () => launch(agent, {image})));
  const [killed, ...others] = tasks as [ExecutorTask, ...ExecutorTask[]];
  await until('the pull', async () => registry.blobRequests > 0);
  (await agent.executor()).kill(killed.spec.taskId, 60_000);
  const end = await agent.ended(killed);
  t.is(end.state, 'TASK_KILLED');
  t.is(end.reason, 'REASON_TASK_KILLED_DURING_LAUNCH');
  goOn();
  for (const task of others) finished(t, await agent.ended(task));
  const manifests = registry.requests.filter((line) => line.includes('/manifests/1'));
  // One pull asks at most twice: for its head, and for all of it.
  t.true(manifests.length <= 2, manifests.join());
});

test('a pull that nobody waits for any more is broken off', async (t) => {
  const {agent, bed, registry} = t.context;
  const image = await putImage(t);
  const goOn = registry.hold();
  const task = await launch(agent, {image});
  await until('the pull', async () => registry.blobRequests > 0);
  (await agent.executor()).kill(task.spec.taskId, 0);
  t.is((await agent.ended(task)).state, 'TASK_KILLED');
  goOn();
  await (await agent.executor()).forget(task.spec.taskId);
  t.deepEqual(await bed.leftovers(), []);
  const again = await launch(agent, {image});
  finished(t, await agent.ended(again));
});

test('an image that is nowhere fails the task, and it says what to do', async (t) => {
  const {agent, registry} = t.context;
  const image = `${registry.host}/team/nothing:7`;
  const task = await launch(agent, {image});
  const name = image.replaceAll('.', '\\.');
  failed(
    t,
    await agent.ended(task),
    new RegExp(`^Failed to pull image '${name}': .*manifest.* Check its name and tag$`),
  );
});

test('a name that is none fails the task', async (t) => {
  const task = await launch(t.context.agent, {image: 'UPPER/Case:1'});
  failed(t, await t.context.agent.ended(task), /invalid reference format/);
});

test('a registry that cannot be reached fails the task, and says which', async (t) => {
  const image = '127.0.0.1:9/team/app:1';
  const task = await launch(t.context.agent, {image});
  failed(t, await t.context.agent.ended(task), /Check that 127\.0\.0\.1:9 can be reached/);
});

test('a registry that wants a password gets the right one, or refuses', async (t) => {
  const registry = await startRegistry(LOGIN);
  t.context.closers.push(() => registry.close());
  const {bed, agent: anonymous} = t.context;
  t.context.registry = registry;
  const image = await putImage(t);
  failed(
    t,
    await anonymous.ended(await launch(anonymous, {image})),
    /agent has credentials for 127/,
  );

  const configFile = join(bed.folder, 'config.json');
  await writeFile(
    configFile,
    JSON.stringify({auths: {[registry.host]: {auth: 'd3Jvbmc6d3Jvbmc='}}}),
  );
  const {agent} = await openAgent(t, {configFile});
  failed(t, await agent.ended(await launch(agent, {image})), /agent has credentials for 127/);
  // What the task has fetched comes first, as with Mesos.
  const own = await agent.task({shell: 'cat /says', container: containerOf({image})});
  await mkdir(join(own.sandbox, '.docker'));
  const entry = {[`https://${registry.host}/v2/`]: {auth: AUTH}};
  await writeFile(join(own.sandbox, '.docker', 'config.json'), JSON.stringify({auths: entry}));
  (await agent.executor()).launch(own);
  finished(t, await agent.ended(own));

  // The file is read again for each pull.
  await writeFile(configFile, JSON.stringify({auths: {[registry.host]: LOGIN}}));
  const forced = await launch(agent, {image, forcePull: true});
  finished(t, await agent.ended(forced));
  await writeFile(configFile, '{"auths": 3}');
  failed(
    t,
    await agent.ended(await launch(agent, {image, forcePull: true})),
    /config\.json: expected/,
  );
});
