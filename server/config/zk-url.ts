/** A ZooKeeper URL among the settings: the adapter reads it, commands see only this. */
import {parseZkUrl, type ZkUrl as Url, type ZkUrlResult} from '../../adapters/zk/zk-url.ts';

export type ZkUrl = Url;

export function parseZk(text: string): ZkUrlResult {
  return parseZkUrl(text);
}
