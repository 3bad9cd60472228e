import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for the files of one test, removed afterwards. */
export class WorkDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<WorkDirectory> {
    const path = await mkdtemp(join(tmpdir(), 'geo-reconciler-e2e-'));
    // PostgreSQL does not run as root, and the account that it then runs as has to get in.
    await chmod(path, 0o755);
    return new WorkDirectory(path);
  }

  /** Writes a file and gives back its path. */
  async write(name: string, content: string): Promise<string> {
    const file = join(this.path, name);
    await writeFile(file, content);
    return file;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
