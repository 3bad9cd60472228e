import type { Platform } from '../oci/descriptor.ts';
import { quote } from '../oci/digest.ts';
import { PolicyError } from './policy-error.ts';

/** A platform somebody asked for; without a variant it stands for every variant. */
export interface PlatformSelector {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/**
 * Which platforms of an index are replicated. `filtered` writes a new index of the children that remain (a new digest),
 * `sparse` keeps the bytes of the index and leaves children out.
 */
export type PlatformPolicy =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'only';
      readonly platforms: readonly PlatformSelector[];
      readonly mode: 'filtered' | 'sparse';
    };

/**
 * Operating systems a platform may name: Go's GOOS, which the image specification defines `os` by.
 * A list, because `Linux/amd64` or `amd64/linux` would select nothing in silence.
 */
const OPERATING_SYSTEMS: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux netbsd openbsd plan9 solaris wasi wasip1 windows zos'.split(
    ' ',
  ),
);

/** Architectures a platform may name: Go's GOARCH, which the image specification defines `architecture` by. */
const ARCHITECTURES: ReadonlySet<string> = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x sparc64 wasm'.split(
    ' ',
  ),
);

/** What other tools call an architecture, and what the image specification calls it. */
const ARCHITECTURE_ALIASES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['aarch64', 'arm64'],
  ['armhf', 'arm/v7'],
  ['armel', 'arm/v6'],
  ['i386', '386'],
]);

/** The variant that an index means when it names none (containerd's platform normalisation). */
const DEFAULT_VARIANTS: ReadonlyMap<string, string> = new Map([
  ['amd64', 'v1'],
  ['arm64', 'v8'],
  ['arm', 'v7'],
]);

const PLATFORM_PATTERN = /^(?<os>[a-z0-9]+)\/(?<architecture>[a-z0-9_-]+)(?:\/(?<variant>[a-z0-9._-]+))?$/;

/**
 * @throws {PolicyError} `PLATFORM_INVALID`.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md (os, architecture, variant)
 */
export function parsePlatform(text: string): PlatformSelector {
  const { os, architecture, variant } = PLATFORM_PATTERN.exec(text)?.groups ?? {};
  if (os === undefined || architecture === undefined) {
    throw invalid(
      `not a platform: ${quote(text)}: write os/architecture or os/architecture/variant, like linux/arm64`,
    );
  }
  if (!OPERATING_SYSTEMS.has(os)) throw invalid(`not an operating system: ${quote(os)} in ${quote(text)}`);
  const alias = ARCHITECTURE_ALIASES.get(architecture);
  if (alias !== undefined)
    throw invalid(`images call the architecture ${architecture} ${alias}: write ${os}/${alias}`);
  if (!ARCHITECTURES.has(architecture)) {
    throw invalid(`not an architecture: ${quote(architecture)} in ${quote(text)}`);
  }
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** Whether a platform is the one asked for; an absent variant of the platform is its architecture's default. */
export function matchesPlatform(selector: PlatformSelector, platform: Platform): boolean {
  if (platform.os !== selector.os || platform.architecture !== selector.architecture) return false;
  return selector.variant === undefined || selector.variant === variantOf(platform);
}

/** The platform as it is written. */
export function formatPlatform(selector: PlatformSelector): string {
  const { os, architecture, variant } = selector;
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

function variantOf(platform: Platform): string | undefined {
  const isNamed = platform.variant !== undefined && platform.variant !== '';
  return isNamed ? platform.variant : DEFAULT_VARIANTS.get(platform.architecture ?? '');
}

function invalid(message: string): PolicyError {
  return new PolicyError('PLATFORM_INVALID', message);
}
