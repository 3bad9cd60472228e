import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { RegistryConfiguration } from '../../src/config/configuration.ts';
import { DirectContent } from '../../src/execution/primary-content.ts';
import { BlobCopier } from '../../src/execution/blob-copier.ts';
import type { CopyContext } from '../../src/execution/copy-context.ts';
import { TransferTally } from '../../src/execution/transfer-tally.ts';
import { parseDigest } from '../../src/oci/digest.ts';
import { parseRepositoryName } from '../../src/oci/reference.ts';
import { RegistryClient } from '../../src/registry/registry-client.ts';
import { RegistryConnection } from '../../src/registry/registry-connection.ts';
import { RegistryObserver } from '../../src/registry/registry-observer.ts';
import { SystemClock } from '../../src/time/system-clock.ts';
import { FakeRegistry } from '../fakes/fake-registry.ts';
import { jsonStatus } from '../fakes/fake-faults.ts';

const REPOSITORY = parseRepositoryName('team/app');
const SIZE_BYTES = 1000;

describe('an upload that the secondary refuses', () => {
  let primary: FakeRegistry;
  let secondary: FakeRegistry;
  const connections: RegistryConnection[] = [];

  beforeEach(async () => {
    primary = await FakeRegistry.start();
    secondary = await FakeRegistry.start();
  });

  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await primary.stop();
    await secondary.stop();
  });

  /** One request at a time: what holds the only place and asks for another one waits for ever. */
  function connect(name: string, registry: FakeRegistry): RegistryClient {
    const configuration: RegistryConfiguration = {
      name,
      origin: registry.url,
      url: new URL(registry.url),
      credentials: { kind: 'anonymous' },
      tls: { files: {} },
      allowPlainHttp: false,
      limits: { concurrency: 1 },
    };
    const connection = new RegistryConnection(configuration, new SystemClock(), new RegistryObserver());
    connections.push(connection);
    return new RegistryClient(connection);
  }

  it('fails, gives its session up and leaves its place to the next one', async () => {
    const copier = new BlobCopier(
      new DirectContent(connect('primary', primary)),
      connect('secondary', secondary),
    );
    const context: CopyContext = {
      primaryRepository: REPOSITORY,
      secondaryRepository: REPOSITORY,
      tally: new TransferTally(),
      walk: 'trusting',
      prepare: () => Promise.reject(new Error('no manifest is read here')),
    };
    const copy = async (seed: number): Promise<void> => {
      const digest = parseDigest(primary.storage.putGeneratedBlob(REPOSITORY, SIZE_BYTES, seed));
      await copier.copy({ digest, sizeBytes: SIZE_BYTES, demand: 'required' }, context);
    };
    const refusal = { operation: 'commit-upload', nth: 1, fault: jsonStatus(403, 'DENIED') } as const;
    secondary.faults.add(refusal);

    await expect(copy(1)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(secondary.history.count({ operation: 'cancel-upload' })).toBe(1);
    await expect(copy(2)).resolves.toBeUndefined();
  });
});
