/** `--zk`, read. */
import type {ZkUrl} from '../../server/config/zk-url.ts';
import {InputError} from '../terminal/input-error.ts';

/** @throws InputError */
export async function readZkUrl(text: string): Promise<ZkUrl> {
  const {parseZk} = await import('../../server/config/zk-url.ts');
  const read = parseZk(text);
  if (!read.ok) throw new InputError([`--zk: ${read.problem}`]);
  return read.url;
}
