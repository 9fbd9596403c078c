// `dcos job`.
import {table, type Case} from '../testing/cases.ts';
import {J} from '../testing/scripts.ts';

const JOB = {id: 'a.b', run: {cmd: 'x', cpus: 1, mem: 32}};

const SCHEDULE = {id: 'nightly', cron: '0 2 * * *'};

const NO_JOB = {status: 404, json: {message: 'Job not found'}};

const RUN = {id: 'r1', jobId: 'a.b', createdAt: '2026-01-01T00:00:00.000+0000'};

table([
  {
    title: 'job add adds the job, says that it needs no disk, and then its schedule',
    words: 'job add job.json',
    files: {'job.json': JSON.stringify({...JOB, schedules: [SCHEDULE]})},
    script: {
      [`POST ${J}/jobs`]: (asked) => {
        const {run} = asked.body as {run: object};
        return {...(asked.body as object), run, isJob: true};
      },
      [`POST ${J}/jobs/a.b/schedules`]: {status: 201, json: SCHEDULE},
    },
    asks: [`POST ${J}/jobs`, `POST ${J}/jobs/a.b/schedules`],
    body: SCHEDULE,
    stdout: '',
  },
  {
    title: 'job add sends the job without its schedule',
    words: 'job add --json',
    terms: {stdin: JSON.stringify({...JOB, schedules: []})},
    script: {[`POST ${J}/jobs`]: {status: 201, json: {id: 'a.b'}}},
    body: {...JOB, run: {...JOB.run, disk: 0}},
    stdout: '{\n    "id": "a.b"\n}\n',
  },
  {
    title: 'job add tells that the job was added though its schedule was not',
    words: 'job add',
    terms: {stdin: JSON.stringify({...JOB, schedules: [SCHEDULE]})},
    script: {
      [`POST ${J}/jobs`]: {status: 201, json: JOB},
      [`POST ${J}/jobs/a.b/schedules`]: {
        status: 422,
        json: {message: 'Object is not valid', details: [{path: '/cron', errors: ['bad']}]},
      },
    },
    code: 1,
    stderr:
      'Error: job "a.b" was added, but not its schedule: Object is not valid\n  /cron: bad\n' +
      'When it is mended: dcos job schedule add a.b FILE\n',
  },
  {
    title: 'job add wants an id',
    words: 'job add',
    terms: {stdin: '{}'},
    code: 1,
    stderr: /^Error: jobs JSON requires an ID\n/,
  },
  {
    title: 'job add tells that there is one already',
    words: 'job add',
    terms: {stdin: JSON.stringify(JOB)},
    script: {[`POST ${J}/jobs`]: {status: 409, json: {message: 'Job with this id already exists'}}},
    code: 1,
    stderr: 'Error: Job with this id already exists\n',
  },
  {
    title: 'job list tells what runs and how it ended last',
    words: 'job list',
    script: {
      [`GET ${J}/jobs`]: {
        json: [
          {
            id: 'c',
            schedules: [SCHEDULE],
            historySummary: {
              lastSuccessAt: '2026-01-01T00:00:00.000+0000',
              lastFailureAt: '2026-01-02T00:00:00.000+0000',
            },
          },
          {id: 'a', activeRuns: [RUN], historySummary: {lastSuccessAt: null, lastFailureAt: null}},
          {id: 'b', schedules: [], historySummary: {lastSuccessAt: '2026-01-01T00:00:00.000+0000'}},
        ],
      },
    },
    asks: [`GET ${J}/jobs?embed=activeRuns&embed=schedules&embed=historySummary`],
    stdout:
      'ID  STATUS       LAST RUN\na   Running      N/A\n' +
      'b   Unscheduled  Success\nc   Scheduled    Failed\n',
  },
  {
    title: 'job show prints the job',
    words: 'job show a.b',
    script: {[`GET ${J}/jobs/a.b`]: {json: JOB}},
    stdout: /"id": "a\.b"/,
  },
  {
    title: 'job show says that a job is not there',
    words: 'job show a.b',
    script: {[`GET ${J}/jobs/a.b`]: NO_JOB},
    code: 1,
    stderr: 'Error: job "a.b" does not exist\n',
  },
  ...['job show runs a.b', 'job show-runs a.b'].map((words): Case => ({
    title: `${words} lists what runs`,
    words,
    script: {[`GET ${J}/jobs/a.b/runs`]: {json: [RUN]}},
    stdout: 'TASK ID  JOB ID  STARTED AT\nr1       a.b     2026-01-01T00:00:00.000+0000\n',
  })),
  {
    title: 'job show runs --run-id shows one run',
    words: 'job show runs --run-id r1 --json a.b',
    script: {[`GET ${J}/jobs/a.b/runs/r1`]: {json: RUN}},
    stdout: /"id": "r1"/,
  },
  {
    title: 'job run prints the id of the run',
    words: 'job run a.b',
    script: {[`POST ${J}/jobs/a.b/runs`]: {status: 201, json: RUN}},
    stdout: 'r1\n',
  },
  {
    title: 'job kill ends one run',
    words: 'job kill a.b r1',
    script: {[`POST ${J}/jobs/a.b/runs/r1/actions/stop`]: {json: RUN}},
    stdout: '',
    stderr: "Run 'r1' of job 'a.b' killed.\n",
  },
  {
    title: 'job kill --all ends all runs',
    words: 'job kill --all a.b',
    script: {
      [`GET ${J}/jobs/a.b/runs`]: {json: [RUN, {...RUN, id: 'r2'}]},
      [`POST ${J}/jobs/a.b/runs/r1/actions/stop`]: {json: RUN},
      [`POST ${J}/jobs/a.b/runs/r2/actions/stop`]: {json: RUN},
    },
    stderr: "Run 'r1' of job 'a.b' killed.\nRun 'r2' of job 'a.b' killed.\n",
  },
  {
    title: 'job kill wants to know which',
    words: 'job kill a.b',
    code: 1,
    stderr: 'Error: run-id must be specified or --all option must be set\n',
  },
  {
    title: 'job kill says that a run is not there',
    words: 'job kill a.b r9',
    code: 1,
    stderr: 'Error: job "a.b" or run "r9" does not exist\n',
  },
  {
    title: 'job update sends the job without its schedule',
    words: 'job update job.json',
    files: {'job.json': JSON.stringify({...JOB, schedules: [SCHEDULE]})},
    script: {[`PUT ${J}/jobs/a.b`]: {json: JOB}},
    asks: [`PUT ${J}/jobs/a.b`],
    body: {...JOB, run: {...JOB.run, disk: 0}},
  },
  {
    title: 'job remove is silent',
    words: 'job remove --stop-current-job-runs a.b',
    script: {[`DELETE ${J}/jobs/a.b`]: {json: JOB}},
    asks: [`DELETE ${J}/jobs/a.b?stopCurrentJobRuns=true`],
    stdout: '',
  },
  {
    title: 'job remove tells that the job runs, and what to do',
    words: 'job remove a.b',
    script: {
      [`DELETE ${J}/jobs/a.b`]: {status: 409, json: {message: 'There are active job runs. …'}},
    },
    code: 1,
    stderr: /^Error: job "a\.b" is running\n.*--stop-current-job-runs a\.b\n$/,
  },
  {
    title: 'job remove tells that others depend on the job',
    words: 'job remove a.b',
    script: {
      [`DELETE ${J}/jobs/a.b`]: {
        status: 409,
        json: {message: 'There are jobs that depend on this job: c'},
      },
    },
    code: 1,
    stderr: 'Error: There are jobs that depend on this job: c\n',
  },
  {
    title: 'job queue lists what waits',
    words: 'job queue',
    script: {[`GET ${J}/queue`]: {json: [{jobId: 'a', runs: [{runId: 'r1'}, {runId: 'r2'}]}]}},
    stdout: 'JOB ID  RUN ID\na       r1\na       r2\n',
  },
  {
    title: 'job history counts, and lists the latest first',
    words: 'job history a.b',
    script: {
      [`GET ${J}/jobs/a.b`]: {
        json: {
          ...JOB,
          history: {
            successCount: 2,
            failureCount: 1,
            lastSuccessAt: 'T2',
            lastFailureAt: 'T3',
            successfulFinishedRuns: [
              {id: 'r2', createdAt: 'T1', finishedAt: 'T2'},
              {id: 'r1', createdAt: 'T0', finishedAt: 'T1'},
            ],
            failedFinishedRuns: [{id: 'r3', createdAt: 'T2', finishedAt: 'T3'}],
          },
        },
      },
    },
    asks: [`GET ${J}/jobs/a.b?embed=activeRuns&embed=schedules&embed=history`],
    stdout:
      '"a.b"  Successful runs: 2 Last Success: T2\n' +
      'RUN ID  STARTED  FINISHED\nr2      T1       T2\nr1      T0       T1\n',
  },
  {
    title: 'job history --failures --last --quiet prints the id of the latest failure',
    words: 'job history a.b -f -l -q',
    script: {
      [`GET ${J}/jobs/a.b`]: {
        json: {...JOB, history: {failedFinishedRuns: [{id: 'r3'}, {id: 'r0'}]}},
      },
    },
    stdout: 'r3\n',
  },
  {
    title: 'job schedule add sends the schedule',
    words: 'job schedule add a.b',
    terms: {stdin: JSON.stringify(SCHEDULE)},
    script: {[`POST ${J}/jobs/a.b/schedules`]: {status: 201, json: SCHEDULE}},
    body: SCHEDULE,
  },
  {
    title: 'job schedule show is a table',
    words: 'job schedule show a.b',
    script: {
      [`GET ${J}/jobs/a.b/schedules`]: {
        json: [{...SCHEDULE, enabled: true, nextRunAt: 'T', concurrencyPolicy: 'ALLOW'}],
      },
    },
    stdout:
      'ID       CRON       ENABLED  NEXT RUN  CONCURRENCY POLICY\n' +
      'nightly  0 2 * * *  True     T         ALLOW\n',
  },
  {
    title: 'job schedule update and remove name the schedule in the path',
    words: 'job schedule update a.b',
    terms: {stdin: JSON.stringify(SCHEDULE)},
    script: {[`PUT ${J}/jobs/a.b/schedules/nightly`]: {json: SCHEDULE}},
    asks: [`PUT ${J}/jobs/a.b/schedules/nightly`],
  },
  {
    title: 'job schedule remove says that it is not there',
    words: 'job schedule remove a.b x',
    code: 1,
    stderr: 'Error: job "a.b" or schedule "x" does not exist\n',
  },
]);
