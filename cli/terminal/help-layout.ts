/**
 * How lists in help are laid out: descriptions beside their terms, wrapped to the terminal. A long
 * term has a line of its own, so that it does not push all descriptions out of sight.
 */
import type {HelpConfiguration} from 'commander';

const INDENT = 2;
const GAP = 2;
const TERM_MAX = 28;
/** A description needs that much to be read. */
const WRAP_MIN = 16;

export const HELP_LAYOUT: HelpConfiguration = {
  minWidthToWrap: WRAP_MIN,
  formatItem(term, termWidth, description, helper) {
    const margin = ' '.repeat(INDENT);
    if (description === '') return `${margin}${term}`;
    const width = helper.helpWidth ?? 80;
    // Half of a narrow terminal is for descriptions.
    const column = Math.min(termWidth, TERM_MAX, Math.floor(width / 2) - INDENT - GAP);
    const start = INDENT + column + GAP;
    const lines = helper.boxWrap(description, Math.max(WRAP_MIN, width - start)).split('\n');
    const rest = ' '.repeat(start);
    if (helper.displayWidth(term) <= column) {
      return `${margin}${term.padEnd(column + GAP)}${lines.join(`\n${rest}`)}`;
    }
    return [`${margin}${term}`, ...lines.map((line) => `${rest}${line}`)].join('\n');
  },
};
