/** Ids of apps and groups in paths: they have many parts. */
import type {Call} from '../../http/call.ts';
import {canonicalPath} from '../definition/path-id.ts';

/** The absolute id that stands in the path. */
export function idAt({names}: Call): string {
  return canonicalPath(`/${(names.get('id') ?? []).join('/')}`);
}
