import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { SourceTextModule } from 'node:vm';

const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*'(?<specifier>\.[^']*\.ts)'/g;

/** A file that Node cannot run as it is written, and why. */
export interface UnerasableFile {
  readonly file: string;
  readonly problem: string;
}

/**
 * The files below a folder, and those that they import, that need more than their types erased: Node runs them directly. Specs are
 * left out, jest compiles them.
 */
export async function findUnerasable(root: string, folder: string): Promise<readonly UnerasableFile[]> {
  const files = await readdir(path.join(root, folder), { recursive: true });
  const pending = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => path.join(root, folder, file));
  const seen = new Set(pending);
  const found: UnerasableFile[] = [];
  for (const file of pending) {
    const source = await readFile(file, 'utf8');
    const problem = problemOf(source);
    if (problem !== undefined) found.push({ file: path.relative(root, file), problem });
    for (const imported of importsOf(source)) {
      const target = path.resolve(path.dirname(file), imported);
      if (!seen.has(target)) pending.push(target);
      seen.add(target);
    }
  }
  return found;
}

/** What keeps Node from running this source once its types are erased. */
export function problemOf(source: string): string | undefined {
  try {
    // The eraser leaves decorators as they are, so what is left is parsed once more.
    new SourceTextModule(stripTypeScriptTypes(source));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function importsOf(source: string): readonly string[] {
  const values = source.replaceAll(/^(?:import|export) type [^;]*;/gm, '');
  return [...values.matchAll(RELATIVE_IMPORT)].map((match) => match.groups?.specifier ?? '');
}
