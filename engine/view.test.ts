import test from 'ava';
import {agentIdOf} from './kernel/ids.ts';
import {kinds, launchOf, resourcesOf, Stage, type StageOptions} from './master/testing/stage.ts';
import type {QuotaConfig} from './options.ts';
import type {WaitingGroup} from './scheduler.ts';
import {EngineView} from './view.ts';

/** Why tasks of f1 wait that need so much each, in words. */
function whyWaiting(stage: Stage, needs: string | undefined): string {
  const group: WaitingGroup = {
    tasks: 3,
    example: 'j1',
    reason: 'it is next',
    ...(needs === undefined ? {} : {needs: resourcesOf(needs)}),
  };
  stage.framework(1).groups.push(group);
  const view = new EngineView(kinds, stage.master, new Map([['f1', stage.framework(1)]]));
  const [waiting, ...others] = view.explainWaiting();
  return others.length > 0 || waiting === undefined
    ? 'not told once'
    : `${waiting.tasks} like ${waiting.example} of ${waiting.frameworkId}: ${waiting.reason}`;
}

const guarantee = (role: string, cpus: number): QuotaConfig => ({
  role,
  guarantees: {cpus: 1000 * cpus},
  limits: {},
});

/** f1 wants nothing while agents come, and everything from then on; nobody else is there. */
function stageOf(agents: readonly string[], options: StageOptions = {}): Stage {
  const stage = new Stage([[]], {roles: ['eng'], ...options});
  stage.framework(1).driver.suppress();
  for (const [index, text] of agents.entries()) stage.register(`a${index}`, resourcesOf(text));
  stage.framework(1).driver.unsuppress();
  return stage;
}

const reasons: readonly (readonly [
  title: string,
  make: () => Stage,
  needs: string | undefined,
  reason: string,
])[] = [
  ['what its framework knows alone', () => stageOf(['cpus:4']), undefined, ''],
  [
    'that no agent is large enough',
    () => stageOf(['cpus:4', 'cpus:2']),
    'cpus:5',
    ': no agent is large enough for cpus:5',
  ],
  [
    'that nothing keeps it from agents, if it is so',
    () => stageOf(['cpus:4', 'cpus:2', 'cpus:1']),
    'cpus:2',
    ': 2 of 2 large enough agents have cpus:2 free',
  ],
  [
    'that it has declined agents',
    () => {
      const stage = stageOf(['cpus:4', 'cpus:2', 'cpus:1']);
      const framework = stage.framework(1);
      stage.until(0);
      framework.driver.decline(
        framework.taken().map(({id}) => id),
        60_000,
      );
      return stage;
    },
    'cpus:2',
    ': 2 of 2 large enough agents have cpus:2 free; 2 declined, and not offered again so soon',
  ],
  [
    'for which roles agents are held back',
    () => stageOf(['cpus:4', 'cpus:4'], {quotas: [guarantee('zoo', 5), guarantee('ops', 3)]}),
    'cpus:2',
    ': 2 of 2 large enough agents have cpus:2 free' +
      '; 2 held back for the guarantees of ops, zoo',
  ],
  [
    'that its own role is at its limits',
    () =>
      stageOf(['cpus:4', 'cpus:1'], {quotas: [{role: 'eng', guarantees: {}, limits: {cpus: 0}}]}),
    'cpus:2',
    ': 1 of 1 large enough agents have cpus:2 free; 1 beyond the limits of its role',
  ],
  [
    'nothing of a guarantee of its own role',
    () => stageOf(['cpus:4'], {quotas: [guarantee('eng', 4)]}),
    'cpus:2',
    ': 1 of 1 large enough agents have cpus:2 free',
  ],
  [
    'that agents are not on the whitelist',
    () => {
      const stage = stageOf(['cpus:4', 'cpus:4', 'cpus:4']);
      stage.ask({type: 'updateWhitelist', hostnames: ['a1']});
      stage.until(1000);
      return stage;
    },
    'cpus:2',
    ': 2 of 3 large enough agents have cpus:2 free; 2 deactivated or not on the whitelist',
  ],
  [
    'the commonest reason first',
    () => stageOf(['cpus:4;gpus:1', 'cpus:4', 'cpus:4'], {quotas: [guarantee('ops', 12)]}),
    'cpus:2',
    ': 3 of 3 large enough agents have cpus:2 free' +
      '; 2 held back for the guarantees of ops; 1 with gpus, which it cannot use',
  ],
  [
    'that agents have less than an offer must have',
    () => stageOf(['cpus:4'], {allocator: {minAllocatable: [{cpus: 8000}]}}),
    'cpus:2',
    ': 1 of 1 large enough agents have cpus:2 free; 1 with less free than an offer must have',
  ],
  [
    'that all is offered',
    () => {
      const stage = stageOf(['cpus:4', 'cpus:1']);
      stage.until(0);
      return stage;
    },
    'cpus:2',
    ': cpus:2 is held in offers on all 1 such agents',
  ],
  [
    'what is scarce',
    () => {
      const stage = stageOf(['cpus:4;mem:4']);
      const framework = stage.framework(1);
      stage.until(0);
      framework.driver.accept(
        framework.taken().map(({id}) => id),
        [launchOf('t', resourcesOf('mem:3'))],
      );
      return stage;
    },
    'cpus:2;mem:2',
    ': cpus:2; mem:2 is free on none of 1 agents, 1 lack mem',
  ],
];

for (const [title, make, needs, reason] of reasons) {
  test(`of tasks that wait is told ${title}`, (t) => {
    t.is(whyWaiting(make(), needs), `3 like j1 of f1: it is next${reason}`);
  });
}

test('an agent in another region, or whose connection broke, is no help, and that is told', (t) => {
  const stage = new Stage([[]], {allocator: {region: 'east'}});
  stage.framework(1).driver.suppress();
  stage.register('w', resourcesOf('cpus:4'), [], {region: 'west'});
  stage.register('e', resourcesOf('cpus:4'), [], {region: 'east'});
  stage.master.agentDisconnected(agentIdOf('e'));
  t.is(
    whyWaiting(stage, 'cpus:1'),
    '3 like j1 of f1: it is next: 1 of 1 large enough agents have cpus:1 free' +
      '; 1 in another region',
  );
});
