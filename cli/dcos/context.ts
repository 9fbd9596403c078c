/** What commands work with: what is around them, what is configured, and the services. */
import type {Command} from 'commander';
import {Settings} from './config/settings.ts';
import type {HttpClient} from './http/client.ts';
import {makeClient, type ClientSettings} from './http/make-client.ts';
import {Service} from './http/service.ts';
import type {JsonObject, ResourceTerms} from './json/resource.ts';
import {renderTable, type Column} from './output/table.ts';
import type {Verbosity, World} from './world.ts';

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

  clientFor(settings: ClientSettings): HttpClient {
    return makeClient(this.world, settings, this.#verbosity);
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

  async readResource(name: string | undefined, terms: ResourceTerms): Promise<JsonObject> {
    const {readResource} = await import('./json/resource.ts');
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
