/** How a contract suite registers its promises with AVA. */
import type {ExecutionContext} from 'ava';

/** AVA's `test` or `test.serial`. */
export type RegisterTest = (
  title: string,
  implementation: (t: ExecutionContext) => Promise<void>,
) => void;
