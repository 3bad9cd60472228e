import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A source tree in a temporary directory, to be cruised instead of the real one. */
export interface PlantedTree {
  readonly directory: string;
  remove(): Promise<void>;
}

/**
 * Writes the given files, by their paths, below a new directory that has the manifest, the compiler options and the packages of
 * the real tree. It lies outside of the repository, so that no other tool takes its mistakes for ours.
 */
export async function plantTree(root: string, files: ReadonlyMap<string, string>): Promise<PlantedTree> {
  const directory = await mkdtemp(path.join(tmpdir(), 'planted-tree-'));
  for (const shared of ['package.json', 'tsconfig.json', 'node_modules']) {
    await symlink(path.join(root, shared), path.join(directory, shared));
  }
  for (const [name, content] of files) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return { directory, remove: () => rm(directory, { recursive: true }) };
}
