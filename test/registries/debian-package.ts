import { join } from 'node:path';

import { OriginUnavailableError } from './no-real-registry-error.ts';
import { provision } from './provision.ts';
import { identifyBinary, type RegistryBinary } from './registry-binary.ts';
import type { ProgressReport, WantedFlavour } from './registry-provider.ts';
import { unpackDebianPackage } from './unpack-debian-package.ts';

const PACKAGE = 'docker-registry';

/**
 * The registry of the Debian/Ubuntu package, unpacked into the cache without installing it and without root. The
 * host's package sources are used as they are. Throws `OriginUnavailableError` with apt's complaint.
 */
export async function provisionDebianPackage(
  flavour: WantedFlavour,
  report: ProgressReport,
): Promise<RegistryBinary> {
  if (flavour === 'zot' || flavour === 'distribution3') {
    throw new OriginUnavailableError('it carries distribution 2');
  }
  const binary = await provision({
    name: `debian-${PACKAGE}-${process.arch}`,
    inspect: (directory) => identifyBinary(join(directory, 'usr', 'bin', PACKAGE)),
    build: (directory) => unpackDebianPackage({ name: PACKAGE, report }, directory),
  });
  if (flavour === 'any' || binary.flavour === flavour) return binary;
  throw new OriginUnavailableError(`it carries ${binary.flavour} ${binary.version}`);
}
