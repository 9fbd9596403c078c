/** What a master believes of what comes over its agents' connections, and what it answers. */
import test, {type ExecutionContext} from 'ava';
import {pino} from 'pino';
import {agentIdOf, frameworkIdOf, taskIdOf, type Input} from '../../engine/index.ts';
import type {ChannelListener} from '../link/channel.ts';
import {LINK_PROTOCOL, type AgentOrder} from '../link/messages.ts';
import {AgentLinks} from './agent-links.ts';

const KILL: AgentOrder = {
  kind: 'killTask',
  agentId: agentIdOf('a'),
  frameworkId: frameworkIdOf('f'),
  taskId: taskIdOf('t'),
};

interface Scene {
  readonly links: AgentLinks;
  /** What the engine was told, by kind and agent. */
  readonly told: string[];
}

interface Connection {
  /** What the agent says. */
  readonly say: (message: unknown) => void;
  readonly breaks: () => void;
  /** What it hears, by kind and what matters. */
  readonly heard: string[];
}

function makeScene(t: ExecutionContext): Scene {
  const told: string[] = [];
  const links = new AgentLinks({
    masterId: 'm',
    epoch: 7,
    pingTimeoutMs: 1_000_000,
    pingTimeoutsMax: 5,
    tell: (input, prepare) => {
      prepare?.();
      told.push(`${input.kind} ${agentOf(input)}`);
    },
    registered: () => undefined,
    log: pino({level: 'silent'}),
  });
  t.teardown(() => links.close());
  return {links, told};
}

function agentOf(input: Input): string {
  if (input.kind === 'agentRegistered') return input.agent.id;
  return 'agentId' in input ? input.agentId : '';
}

function connect({links}: Scene): Connection {
  const heard: string[] = [];
  let listener: ChannelListener | undefined;
  links.accept((given) => {
    listener = given;
    return {
      send: (message) => {
        const {kind, reason} = message as {kind: string; reason?: string};
        heard.push(reason === undefined ? kind : `${kind}: ${reason}`);
      },
      end: () => heard.push('end'),
      isOpen: true,
    };
  });
  return {
    say: (message) => listener?.message(message),
    breaks: () => listener?.ended('it broke'),
    heard,
  };
}

function registration(agentId: string, {protocol = LINK_PROTOCOL, as = agentId} = {}): object {
  return {
    kind: 'register',
    protocol,
    registration: {
      kind: 'agentRegistered',
      agent: {id: agentId, hostname: 'h', attributes: {}},
      resources: {scalars: {cpus: 1000}},
      tasks: [],
    },
    report: {
      agentId: as,
      hostname: 'h',
      ip: '127.0.0.1',
      port: 1,
      version: '1',
      startedAt: 0,
      tasks: [],
    },
  };
}

function status(agentId: string): object {
  const task = {frameworkId: 'f', taskId: 't', state: 'TASK_RUNNING', updateId: 'u'};
  return {kind: 'status', status: {kind: 'taskStatus', agentId, ...task}};
}

for (const [title, messages, heard] of [
  ['that speaks another protocol', [registration('a', {protocol: 99})], /speaks protocol 99/],
  ['that is two agents', [registration('a', {as: 'b'})], /as two agents/],
  ['that registers twice', [registration('a'), registration('a')], /registers twice/],
  ['that says what nobody knows', [{kind: 'shout'}], /kind/],
] as const) {
  test(`an agent is sent away ${title}`, (t) => {
    const agent = connect(makeScene(t));
    for (const message of messages) agent.say(message);
    t.regex(agent.heard.at(-2) ?? '', heard);
    t.is(agent.heard.at(-1), 'end');
  });
}

test('updates are taken of the agent that they are of, over its connection of now', (t) => {
  const scene = makeScene(t);
  const [first, other] = [connect(scene), connect(scene)];
  first.say(status('a'));
  t.deepEqual(scene.told, []);
  first.say(registration('a'));
  other.say(registration('b'));
  other.say(status('a'));
  t.deepEqual(scene.told, ['agentRegistered a', 'agentRegistered b']);
  const second = connect(scene);
  second.say(registration('a'));
  t.is(first.heard.at(-1), 'end');
  first.say(status('a'));
  second.say(status('a'));
  t.deepEqual(scene.told.slice(2), ['agentRegistered a', 'taskStatus a']);
});

test('the end of a connection that was replaced is no loss of the agent', (t) => {
  const scene = makeScene(t);
  const [first, second] = [connect(scene), connect(scene)];
  first.say(registration('a'));
  second.say(registration('a'));
  first.breaks();
  t.false(scene.told.includes('agentDisconnected a'));
  second.breaks();
  t.is(scene.told.at(-1), 'agentDisconnected a');
});

test('orders go to an agent that is registered, and to nobody where it is not', (t) => {
  const scene = makeScene(t);
  const agent = connect(scene);
  scene.links.order(KILL);
  t.deepEqual(agent.heard, []);
  agent.say(registration('a'));
  scene.links.order(KILL);
  t.deepEqual(agent.heard, ['welcome', 'order']);
});
