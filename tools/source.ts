// Reads the files of the tree and takes from each what the tidy rules ask about.
import {readdirSync, readFileSync} from 'node:fs';
import {join, relative, sep} from 'node:path';
import {parseSync, Visitor} from 'oxc-parser';

/** One `import`, `export … from`, `import()` or `import('…').Type`. */
export type ImportRef = {
  readonly specifier: string;
  readonly line: number;
  readonly reexports: boolean;
};

export type Comment = {readonly text: string; readonly line: number};

export type SourceFile = {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments, strings and patterns blanked, so that only code is matched. */
  readonly code: string;
  readonly imports: readonly ImportRef[];
  readonly comments: readonly Comment[];
  readonly syntaxErrors: readonly string[];
};

export type TextFile = {readonly path: string; readonly text: string};

const skippedFolders = new Set(['node_modules', 'dist', 'out', 'coverage', '.git']);
const textEndings =
  /\.(ts|mjs|js|json|md|ya?ml|html|css|sh|txt)$|(^|\/)(\.ci\/run|\.npmrc|\.gitignore)$/;
const sourceEndings = /\.(ts|mjs|js)$/;

/** Every text file under `root`, sorted by path. */
export function readTextFiles(root: string): readonly TextFile[] {
  const files: TextFile[] = [];
  collect(root, root, files);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function isSource(path: string): boolean {
  return sourceEndings.test(path);
}

function collect(root: string, folder: string, files: TextFile[]): void {
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    const full = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) collect(root, full, files);
      continue;
    }
    const path = relative(root, full).split(sep).join('/');
    if (entry.isFile() && textEndings.test(path)) {
      files.push({path, text: readFileSync(full, 'utf8')});
    }
  }
}

export function parseSource({path, text}: TextFile): SourceFile {
  const parsed = parseSync(path, text, {sourceType: 'module'});
  const lineAt = makeLineAt(text);
  const imports: ImportRef[] = [];
  const blanks: Span[] = parsed.comments.map(({start, end}) => ({start, end}));
  const add = (source: StringNode, reexports: boolean): void => {
    imports.push({specifier: source.value, line: lineAt(source.start), reexports});
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, false),
    ExportAllDeclaration: (node) => add(node.source, true),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node.source, true);
    },
    ImportExpression: ({source}) => {
      if (source.type === 'Literal' && typeof source.value === 'string') {
        add({value: source.value, start: source.start}, false);
      }
    },
    TSImportType: (node) => add(node.source, false),
    Literal: (node) => {
      if (typeof node.value !== 'number') blanks.push({start: node.start, end: node.end});
    },
    TemplateElement: ({start, end}) => {
      blanks.push({start, end});
    },
  }).visit(parsed.program);
  return {
    path,
    text,
    code: blank(text, blanks),
    imports,
    comments: parsed.comments.map(({value, start}) => ({text: value, line: lineAt(start)})),
    syntaxErrors: parsed.errors.map(({message}) => message),
  };
}

type Span = {readonly start: number; readonly end: number};
type StringNode = {readonly value: string; readonly start: number};

/** Line breaks stay, so that line numbers hold. */
function blank(text: string, spans: readonly Span[]): string {
  let out = '';
  let at = 0;
  for (const {start, end} of [...spans].sort((a, b) => a.start - b.start)) {
    if (start < at) continue;
    out += text.slice(at, start) + text.slice(start, end).replaceAll(/[^\n]/gu, ' ');
    at = end;
  }
  return out + text.slice(at);
}

function makeLineAt(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
