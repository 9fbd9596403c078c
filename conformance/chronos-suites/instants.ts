/** Instants in the case files of Chronos: ISO 8601, compared as instants. */
import {z} from 'zod';
import {isoInstant, parseInstant} from '../../engine/index.ts';

/** Ms since 1970. */
export const instantMs = z.string().transform((text, context): number => {
  const ms = parseInstant(text);
  if (ms !== undefined) return ms;
  context.addIssue({code: 'custom', message: `expected an instant, found ${JSON.stringify(text)}`});
  return z.NEVER;
});

/** As the engine writes it, so that instants compare as text. */
export const instant = instantMs.transform(isoInstant);
