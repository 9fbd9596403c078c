// `dcos marathon deployment`, and how a deployment is watched.
import test from 'ava';
import {runCase, table} from '../../testing/cases.ts';
import type {RunTerms} from '../../testing/run-dcos.ts';
import type {Script} from '../../testing/scripted-server.ts';
import {APPS, CHANGED, M, appOf} from '../../testing/scripts.ts';

const STEPS = (step: number): object => ({
  id: 'd1',
  affectedApps: ['/a'],
  currentActions: [{action: 'ScaleApplication', app: '/a'}],
  currentStep: step,
  totalSteps: 2,
});

/** A deployment that is seen at two steps and then is over, with the news of its end. */
function deploying(event: string | undefined): Script {
  const polls = [[STEPS(1)], [STEPS(1)], [STEPS(2)], []];
  let stream: {write(text: string): void} | undefined;
  return {
    ...appOf({tasksRunning: 1, instances: 2, tasksStaged: 1}),
    [`GET ${M}/deployments`]: () => {
      const next = polls.shift() ?? [];
      if (next.length === 0 && event !== undefined) {
        const data = JSON.stringify({id: 'd1', reason: 'too many failures'});
        stream?.write(`event: ${event}\ndata: ${data}\n\n`);
      }
      return next;
    },
    [`GET ${M}/events`]: (_, response) => {
      response.writeHead(200, {'content-type': 'text/event-stream'});
      response.write('\r\n');
      stream = response;
      return undefined;
    },
  };
}

const WATCH_TERMS: RunTerms = {sleepMs: (ms) => Math.min(ms, 200)};

table([
  {
    title: 'deployment list prints a table',
    words: 'marathon deployment list',
    script: APPS,
    stdout: [
      'APP           POD  ACTION                    PROGRESS  ID',
      '/web, /other  -    scale /web, stop /other   1/3       d1',
      '/web          -    restart (paused)          0/1       d2',
      '',
    ]
      .join('\n')
      .replaceAll('   1/3', '  1/3')
      .replaceAll('          0/1', '         0/1')
      .replace('ACTION                    P', 'ACTION                   P'),
  },
  {
    title: 'deployment list can be of one app',
    words: 'marathon deployment list -q other',
    script: APPS,
    stdout: 'd1\n',
  },
  {
    title: 'deployment list fails where there is none',
    words: 'marathon deployment list nope',
    script: APPS,
    code: 1,
    stderr: "Error: There are no deployments for 'nope'\n",
  },
  {
    title: 'deployment list --json of none is an empty list',
    words: 'marathon deployment list --json nope',
    script: APPS,
    stdout: '[]\n',
  },
  {
    title: 'deployment rollback prints what comes of it',
    words: 'marathon deployment rollback d1',
    script: {[`DELETE ${M}/deployments/d1`]: CHANGED},
    asks: [`DELETE ${M}/deployments/d1`],
    stdout: /"deploymentId": "d1"/,
  },
  {
    title: 'deployment rollback says that there is no such deployment',
    words: 'marathon deployment rollback x',
    code: 1,
    stderr: 'Error: DeploymentPlan x does not exist\n',
  },
  {
    title: 'deployment stop ends it by force, and is silent',
    words: 'marathon deployment stop d1',
    script: {[`DELETE ${M}/deployments/d1`]: {status: 202}},
    asks: [`DELETE ${M}/deployments/d1?force=true`],
    stdout: '',
  },
  {
    title: 'deployment resume lets one go on',
    words: 'marathon deployment resume d1',
    script: {[`POST ${M}/deployments/d1/resume`]: {status: 202}},
    asks: [`POST ${M}/deployments/d1/resume`],
  },
  {
    title: 'deployment watch tells each change once, and that it is done',
    words: 'marathon deployment watch d1',
    script: deploying('deployment_success'),
    terms: WATCH_TERMS,
    stdout: [
      '2026-11-30T00:00:00.000Z step 1 of 2: scale;   /a 1/2 running, 1 starting',
      '2026-11-30T00:00:00.000Z step 2 of 2: scale;   /a 1/2 running, 1 starting',
      'Deployment d1 is done.',
      '',
    ].join('\n'),
  },
  {
    title: 'deployment watch says once how to find out why nothing changes',
    words: 'marathon deployment watch --max-count=5 d1',
    script: {...appOf({tasksRunning: 1}), [`GET ${M}/deployments`]: {json: [STEPS(1)]}},
    terms: {tickMs: 20_000},
    stdout: '2026-11-30T00:00:00.000Z step 1 of 2: scale;   /a 1/2 running\n',
    stderr: 'nothing has changed for a while; see why: dcos marathon debug why /a\n',
  },
  {
    title: 'deployment watch fails with the deployment',
    words: 'marathon deployment watch d1',
    script: deploying('deployment_failed'),
    terms: WATCH_TERMS,
    code: 1,
    stderr: 'Error: deployment d1 has failed: too many failures\n',
  },
  {
    title: 'deployment watch without news ends with the deployment',
    words: 'marathon deployment watch d1',
    script: deploying(undefined),
    terms: WATCH_TERMS,
    stdout: /\nDeployment d1 has ended\.\n$/,
  },
  {
    title: 'deployment watch of one that is not there is no failure',
    words: 'marathon deployment watch nope',
    script: {[`GET ${M}/deployments`]: {json: []}},
    stdout: '',
    stderr: 'Deployment nope is not under way: it has ended, or never was.\n',
  },
  {
    title: 'deployment watch looks as often as it may',
    words: 'marathon deployment watch --max-count=2 --json d1',
    script: deploying(undefined),
    terms: WATCH_TERMS,
    stdout: `${JSON.stringify(STEPS(1))}\n`,
  },
]);

test('deployment watch is drawn in its place on a terminal', async (t) => {
  const {stdout, code} = await runCase({
    words: 'marathon deployment watch d1',
    script: deploying('deployment_success'),
    terms: {...WATCH_TERMS, columns: 80},
  });
  t.is(code, 0);
  const frames = stdout.split('\u001B[3A\u001B[J');
  t.is(frames.length, 3);
  t.is(
    frames[2],
    'Deployment d1\n' +
      '[###############---------------] step 2 of 2: scale\n' +
      '  /a 1/2 running, 1 starting\n' +
      'Deployment d1 is done.\n',
  );
});

test('Ctrl-C ends a watch with 130 and a word on it', async (t) => {
  const {code, stderr} = await runCase({
    words: 'marathon deployment watch d1',
    script: deploying(undefined),
    terms: {
      ...WATCH_TERMS,
      seen: (text, stop) => {
        if (text.includes('step 1')) stop.abort('interrupted');
      },
    },
  });
  t.is(code, 130);
  t.is(stderr, 'Error: User interrupted command with Ctrl-C\n');
});
