import { OriginUnavailableError } from './no-real-registry-error.ts';
import { identifyBinary, identifyOlareg, type RegistryBinary } from './registry-binary.ts';
import type { WantedFlavour } from './registry-provider.ts';
import { findOnPath } from './run-command.ts';

/** Names of the program: Debian's, upstream's. zot and olareg stand in for nothing but themselves. */
const programNames: Readonly<Record<WantedFlavour, readonly string[]>> = {
  any: ['docker-registry', 'registry'],
  distribution2: ['docker-registry', 'registry'],
  distribution3: ['registry', 'docker-registry'],
  zot: ['zot'],
  olareg: ['olareg'],
};

/** A registry that is installed already. Throws `OriginUnavailableError` where there is none of that flavour. */
export async function findPathBinary(flavour: WantedFlavour): Promise<RegistryBinary> {
  const names = programNames[flavour];
  const rejected: string[] = [];
  for (const name of names) {
    const path = await findOnPath(name);
    if (path === undefined) continue;
    const binary = await (flavour === 'olareg' ? identifyOlareg(path) : identifyBinary(path));
    if (binary !== undefined && (flavour === 'any' || binary.flavour === flavour)) return binary;
    rejected.push(
      binary === undefined
        ? `${path} is no registry we know`
        : `${path} is ${binary.flavour} ${binary.version}`,
    );
  }
  const reason = rejected.length > 0 ? rejected.join(', ') : `no ${names.join(' or ')} there`;
  throw new OriginUnavailableError(reason);
}
