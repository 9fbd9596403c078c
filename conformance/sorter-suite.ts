/** Suite `sorter`: drives one {@link DrfSorter}. */
import {DrfSorter, Pool, ScalarKinds, type Client, type Resources} from '../engine/index.ts';
import {
  Difference,
  fieldsOf,
  numberOf,
  resourcesOf,
  textOf,
  textsOf,
  UnknownInCase,
} from './case.ts';
import type {Suite} from './suite.ts';

export function makeSorterSuite(config: unknown): Suite {
  return new SorterSuite(config);
}

class SorterSuite implements Suite {
  readonly #kinds = new ScalarKinds();
  readonly #pool = new Pool();
  readonly #sorter = new DrfSorter(this.#pool);
  readonly #clients = new Map<string, Client>();
  readonly #weights = new Map<string, number>();
  readonly #agents = new Map<string, Resources>();

  constructor(config: unknown) {
    const fields = fieldsOf(config ?? {}, 'config', [], ['sorter', 'fairShareExcludes']);
    if ((fields['sorter'] ?? 'drf') !== 'drf') {
      throw new UnknownInCase(`config: sorter ${JSON.stringify(fields['sorter'])} is not known`);
    }
    for (const name of textsOf(fields['fairShareExcludes'] ?? [], 'fairShareExcludes')) {
      this.#pool.excluded[this.#kinds.indexOf(name)] = true;
    }
  }

  flagsOf(): readonly string[] {
    return [];
  }

  step(name: string, value: unknown): void {
    switch (name) {
      case 'add':
        this.#add(textOf(value, name));
        break;
      case 'activate':
        this.#sorter.activate(this.#client(value));
        break;
      case 'deactivate':
        this.#sorter.deactivate(this.#client(value));
        break;
      case 'remove':
        this.#sorter.remove(this.#client(value));
        this.#clients.delete(textOf(value, name));
        break;
      case 'addPool':
      case 'setPool':
        this.#setPool(value, name);
        break;
      case 'weight':
        this.#setWeight(value);
        break;
      case 'allocated':
      case 'unallocated': {
        const fields = fieldsOf(value, name, ['client', 'resources'], ['agent']);
        const {scalars} = resourcesOf(fields['resources'], this.#kinds, `${name}.resources`);
        this.#sorter[name](this.#client(fields['client']), scalars);
        break;
      }
      case 'expectOrder':
        this.#expectOrder(textsOf(value, name));
        break;
      default:
        throw new UnknownInCase(`unknown step '${name}'`);
    }
  }

  #add(path: string): void {
    if (path.includes('/')) throw new UnknownInCase(`nested client '${path}' is not known`);
    this.#clients.set(path, this.#sorter.add(path, this.#weights.get(path)));
  }

  #client(path: unknown): Client {
    const client = this.#clients.get(textOf(path, 'client'));
    if (client === undefined) throw new UnknownInCase(`unknown client '${String(path)}'`);
    return client;
  }

  #setPool(value: unknown, step: 'addPool' | 'setPool'): void {
    const fields = fieldsOf(value, step, ['resources'], ['agent']);
    const agent = textOf(fields['agent'] ?? 'agent1', 'agent');
    const before = this.#agents.get(agent);
    if ((before === undefined) !== (step === 'addPool')) {
      throw new UnknownInCase(`${step}: agent '${agent}' is ${before ? 'there' : 'not there'}`);
    }
    if (before !== undefined) this.#pool.add(before.scalars, -1);
    const total = resourcesOf(fields['resources'], this.#kinds, `${step}.resources`);
    this.#pool.add(total.scalars, 1);
    this.#agents.set(agent, total);
  }

  #setWeight(value: unknown): void {
    const fields = fieldsOf(value, 'weight', ['path', 'weight']);
    const path = textOf(fields['path'], 'weight.path');
    const weight = numberOf(fields['weight'], 'weight.weight');
    this.#weights.set(path, weight);
    const client = this.#clients.get(path);
    if (client !== undefined) this.#sorter.setWeight(client, weight);
  }

  #expectOrder(expected: readonly string[]): void {
    const paths = new Map([...this.#clients].map(([path, client]) => [client, path]));
    const order = this.#sorter.sorted().subarray(0, this.#sorter.activeCount);
    const got = [...order].map((client) => paths.get(client) ?? `client ${client}`);
    if (got.join(' ') === expected.join(' ')) return;
    throw new Difference(`expected order ${expected.join(' ')}, got ${got.join(' ')}`);
  }
}
