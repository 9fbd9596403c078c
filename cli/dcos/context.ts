/** What commands work with: what is around them, what is configured, and the services. */
import {readFileSync} from 'node:fs';
import type {Command} from 'commander';
import {Settings} from './config/settings.ts';
import {Failure, messageOf} from './failure.ts';
import {HttpClient} from './http/client.ts';
import {Service} from './http/service.ts';
import {makeTrace} from './http/trace.ts';
import {readResource, type JsonObject, type ResourceTerms} from './json/resource.ts';
import {renderTable, type Column} from './output/table.ts';
import type {World} from './world.ts';

/** 0: nothing; 1: which requests are made; 2: all of them. */
export type Verbosity = 0 | 1 | 2;

export class Context {
  readonly world: World;
  /** Of a run that went as it should; a command that runs another one passes on how that ended. */
  exitCode = 0;
  /** Makes the whole command line again, with the commands of the group that stands in `words`. */
  readonly programFor: (words: readonly string[]) => Promise<Command>;
  readonly #verbosity: Verbosity;
  #settings: Settings | undefined;
  #client: HttpClient | undefined;

  constructor(world: World, verbosity: Verbosity, programFor: Context['programFor']) {
    this.world = world;
    this.programFor = programFor;
    this.#verbosity = verbosity;
  }

  /** Of the cluster that is meant; read when they are first needed. */
  get settings(): Settings {
    this.#settings ??= this.#read();
    return this.#settings;
  }

  #read(): Settings {
    const settings = new Settings(this.world);
    if (settings.isTokenExposed) {
      this.say(
        `Warning: others can read [${settings.path}], which holds a token: chmod 600 it, ` +
          'and log in anew if they may have.',
      );
    }
    return settings;
  }

  get client(): HttpClient {
    this.#client ??= this.clientFor(this.settings);
    return this.#client;
  }

  clientFor(settings: Pick<Settings, 'timeoutMs' | 'tokenFor' | 'verify'>): HttpClient {
    const {verify, timeoutMs} = settings;
    return new HttpClient({
      timeoutMs,
      trust: typeof verify === 'string' ? readAuthority(verify) : verify,
      tokenFor: (origin) => settings.tokenFor(origin),
      stop: this.world.stop,
      env: this.world.env,
      trace: this.#trace(),
    });
  }

  #trace(): ReturnType<typeof makeTrace> | undefined {
    if (this.#verbosity === 0) return undefined;
    return makeTrace(this.#verbosity, (line) => this.say(line));
  }

  service(url: string): Service {
    return new Service(this.client, url, (origin) => this.settings.tokenFor(origin) !== undefined);
  }

  get dcos(): Service {
    return this.service(this.settings.url);
  }

  get marathon(): Service {
    return this.service(this.settings.marathonUrl);
  }

  get jobs(): Service {
    return this.service(this.settings.jobUrl);
  }

  get mesos(): Service {
    return this.service(this.settings.mesosUrl);
  }

  readResource(name: string | undefined, terms: ResourceTerms): Promise<JsonObject> {
    return readResource(this.world, this.client, name, terms);
  }

  /** A line of the answer. */
  print(line: string): void {
    this.world.stdout.write(`${line}\n`);
  }

  /** A line beside the answer: it must not get into what a script reads. */
  say(line: string): void {
    this.world.stderr.write(`${line}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, undefined, 4));
  }

  printTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    this.world.stdout.write(renderTable(columns, rows, this.world.stdout));
  }

  /** The rows of a list in the form that is asked for. */
  printList<Row>(rows: readonly Row[], form: ListForm<Row>): void {
    if (form.isQuiet) for (const row of rows) this.print(form.id(row));
    else if (form.isJson) this.printJson(form.json?.(rows) ?? rows);
    else this.printTable(form.columns, rows);
  }
}

export interface ListForm<Row> {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  /** What `--quiet` shows of a row. */
  readonly id: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** What `--json` shows, if it is not the rows. */
  readonly json?: (rows: readonly Row[]) => unknown;
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`core.ssl_verify: ${messageOf(error)}`, {cause: error});
  }
}
