import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import type { Alias, Document, ErrorCode, Pair } from 'yaml';

import { readBoundedFile } from './bounded-file.ts';
import type { ConfigurationPath, PathPart } from './configuration-path.ts';
import { ConfigurationError, problemAt, type ConfigurationProblem } from './configuration-error.ts';

/** Larger than any configuration a person maintains, small enough to parse at once. */
const LARGEST_FILE_BYTES = 1024 * 1024;

/** How often anchors may be used in all: enough for real files, too little for an alias bomb. */
const MOST_ALIASES = 100;

/** After the first few, syntax errors only follow from one another. */
const MOST_SYNTAX_PROBLEMS = 10;

interface Position {
  readonly line: number;
  readonly column: number;
}

/** A configuration file as data, and where in the file each part stands. */
export interface ConfigurationDocument {
  readonly file: string;
  /** What the file says, as a mapping of plain data; anchors are resolved. */
  readonly root: Readonly<Record<string, unknown>>;
  /** Where the part stands; for one that is missing, where the nearest part around it begins. */
  positionOf(path: ConfigurationPath, part: PathPart): Position;
}

/**
 * Reads a YAML 1.2 file. Duplicate keys, tags, merge keys, several documents and a root that is no mapping are refused.
 *
 * @throws {ConfigurationError} with positions; no message repeats any text of the file, which may be a secret.
 */
export function readConfigurationDocument(file: string): ConfigurationDocument {
  const read = readBoundedFile(file, LARGEST_FILE_BYTES);
  if (read.kind === 'complaint') throw new ConfigurationError([{ ...problemAt('', read.complaint), file }]);
  const lines = new LineCounter();
  // `prettyErrors` would put lines of the file into messages.
  const document = parseDocument(read.text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number): Position => positionAt(lines, offset);
  const problems = syntaxProblems(document).map(({ offset, message }) => placed(file, at(offset), message));
  if (problems.length > 0) throw new ConfigurationError(problems.slice(0, MOST_SYNTAX_PROBLEMS));
  return {
    file,
    root: rootOf(document, file),
    positionOf: (path, part) => at(offsetOf(document, path, part)),
  };
}

interface SyntaxProblem {
  readonly offset: number;
  readonly message: string;
}

const SYNTAX_MESSAGES: Partial<Record<ErrorCode, string>> = {
  BAD_INDENT: 'wrong indentation, or a bracket or brace that is not closed',
  BAD_SCALAR_START: 'a text cannot start with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ":" on one line: put the text in quotes, or start a new line',
  DUPLICATE_KEY: 'this key is there twice',
  MISSING_CHAR: 'a closing quote, bracket or brace is missing',
  MULTIPLE_DOCS: 'the file must hold one document',
  NON_STRING_KEY: 'a key must be a text',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'tabs cannot indent: use spaces',
  TAG_RESOLVE_FAILED: 'tags (!…) are not supported: put a text that starts with "!" in quotes',
};

function syntaxProblems(document: Document.Parsed): readonly SyntaxProblem[] {
  const problems: SyntaxProblem[] = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    offset: pos[0],
    message: SYNTAX_MESSAGES[code] ?? 'not valid YAML',
  }));
  if (problems.length > 0) return problems;
  if (document.directives.yaml.version !== '1.2') {
    return [{ offset: 0, message: 'only YAML 1.2 is supported: remove the %YAML directive' }];
  }
  visit(document, {
    Alias: (_key, alias) => {
      const message = complaintAboutAlias(alias, document);
      if (message !== undefined) problems.push({ offset: alias.range?.[0] ?? 0, message });
    },
    Pair: (_key, { key }) => {
      const message = isScalar(key) ? REFUSED_KEYS.get(String(key.value)) : undefined;
      if (message !== undefined && isScalar(key)) problems.push({ offset: key.range?.[0] ?? 0, message });
    },
  });
  return problems;
}

const REFUSED_KEYS: ReadonlyMap<string, string> = new Map([
  ['<<', 'merge keys (<<) are not supported: repeat the keys, or use an anchor for the whole value'],
  ['__proto__', 'this key is not allowed'],
]);

function complaintAboutAlias(alias: Alias, document: Document.Parsed): string | undefined {
  const anchored = alias.resolve(document);
  if (anchored === undefined)
    return 'no anchor of this name before: put a text that starts with "*" in quotes';
  const [start, end] = anchored.range ?? [0, 0];
  const offset = alias.range?.[0] ?? 0;
  return start <= offset && offset < end ? 'an anchor cannot contain itself' : undefined;
}

function rootOf(document: Document.Parsed, file: string): Readonly<Record<string, unknown>> {
  if (!isMap(document.contents)) {
    const message =
      document.contents === null ? 'the file is empty' : 'the file must hold a mapping: registries, links, …';
    throw new ConfigurationError([placed(file, { line: 1, column: 1 }, message)]);
  }
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES }) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new ConfigurationError([placed(file, { line: 1, column: 1 }, 'anchors are used too often')]);
  }
}

/** The offset of the part at a path: of its value where that is asked for and on one line with its key, else of its key. */
function offsetOf(document: Document.Parsed, path: ConfigurationPath, part: PathPart): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const element of path) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, element);
    if (child === undefined) break;
    node = child.node;
    offset = child[part] ?? offset;
  }
  return offset;
}

interface Child {
  readonly node: unknown;
  /** Where its key starts; of an element of a list, the element itself. */
  readonly key: number | undefined;
  readonly value: number | undefined;
}

function childOf(container: unknown, element: PropertyKey): Child | undefined {
  if (isSeq(container)) {
    const node = container.items[Number(element)];
    return { node, key: startOf(node), value: startOf(node) };
  }
  const pair = isMap(container)
    ? container.items.find(({ key }) => keyOf(key) === String(element))
    : undefined;
  return pair === undefined
    ? undefined
    : { node: pair.value, key: startOf(pair.key), value: valueOffset(pair) };
}

/** A value on lines of its own, or none at all, is shown at its key. */
function valueOffset({ key, value }: Pair): number | undefined {
  const isOnItsOwnLines = isCollection(value) && value.flow !== true;
  const isEmpty = isScalar(value) && value.value === null;
  return isOnItsOwnLines || isEmpty ? startOf(key) : (startOf(value) ?? startOf(key));
}

function keyOf(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function placed(file: string, { line, column }: Position, message: string): ConfigurationProblem {
  return { path: '', file, line, column, message };
}
