import type { Readable } from 'node:stream';
import type { Digest } from '../oci/digest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { BlobSuccessor } from '../oci/successors.ts';
import type { MountResult, UploadSession } from '../registry/blob-client.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { CopyError } from './copy-failure.ts';
import type { CopyContext } from './copy-context.ts';
import { holdsBlob } from './holds-blob.ts';
import type { BlobHold, WantedBlob } from './primary-blobs.ts';
import type { PrimaryContent } from './primary-content.ts';
import { SpoolFailure } from './spool-failure.ts';
import { verifiedStream } from './verified-stream.ts';

/** Uploads of one blob before its tag fails: each failed one may leave its bytes on the secondary's disk (distribution 2.8). */
const MOST_UPLOADS = 4;

/** Failures of an upload that a new session may mend. */
const WORTH_ANOTHER_UPLOAD: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'NETWORK',
  'TIMEOUT',
  'SERVER_ERROR',
  'RATE_LIMITED',
  'NOT_FOUND',
  'DIGEST_MISMATCH',
  'MALFORMED_RESPONSE',
]);

/**
 * Brings blobs from the primary to one secondary during one cycle: each digest is uploaded once, and mounted into every other
 * repository that needs it.
 */
export class BlobCopier {
  readonly #primary: PrimaryContent;
  readonly #secondary: RegistryClient;
  /** What is done or under way, by repository and digest. */
  readonly #placed = new Map<string, Promise<void>>();
  /** A repository of the secondary that is known to hold the digest. */
  readonly #locations = new Map<Digest, RepositoryName>();
  /** How large content really is, once it was sent or looked at. */
  readonly #sizes = new Map<Digest, number>();
  /** Uploads under way: whoever needs the same digest elsewhere waits and mounts. */
  readonly #uploads = new Map<Digest, Promise<void>>();

  constructor(primary: PrimaryContent, secondary: RegistryClient) {
    this.#primary = primary;
    this.#secondary = secondary;
  }

  /** Resolves when the secondary's repository holds the blob (a foreign layer that the primary lacks may stay away). */
  async copy(blob: BlobSuccessor, context: CopyContext): Promise<void> {
    const isRepair = context.walk === 'repairing';
    const key = `${isRepair ? 'repaired ' : ''}${context.secondaryRepository}@${blob.digest}`;
    const placing =
      this.#placed.get(key) ?? (isRepair ? this.#repair(blob, context) : this.#place(blob, context));
    this.#placed.set(key, placing);
    try {
      await placing;
    } catch (error) {
      this.#placed.delete(key);
      throw error;
    }
    this.#checkSize(blob);
  }

  /** Sends a blob that the secondary claims to have, because it misses it all the same. */
  async copyAnew(blob: BlobSuccessor, context: CopyContext): Promise<void> {
    this.distrust(blob.digest, context.secondaryRepository);
    await this.#uploads.get(blob.digest)?.catch(() => undefined); // its own tag reports that failure
    await this.#uploadOnce(blob, context, undefined);
  }

  /** A descriptor that lies about the size of a blob is found also when the blob itself needs no copying. */
  #checkSize({ digest, sizeBytes }: BlobSuccessor): void {
    const real = this.#sizes.get(digest);
    if (real === undefined || sizeBytes === undefined || real === sizeBytes) return;
    throw new CopyError(
      'SOURCE_CORRUPT',
      `blob ${digest} has ${real} bytes, its descriptor says ${sizeBytes}`,
    );
  }

  /** Forgets what is known of a blob in a repository, because the secondary said that it does not have it. */
  distrust(digest: Digest, repository: RepositoryName): void {
    this.#placed.delete(`${repository}@${digest}`);
    if (this.#locations.get(digest) === repository) this.#locations.delete(digest);
  }

  /** Reads the secondary's blob, and sends it where it is missing or bad; what cannot be mended is a failure. */
  async #repair(blob: BlobSuccessor, context: CopyContext): Promise<void> {
    if (await this.#isSound(blob, context)) {
      await this.#findPresent(blob, context);
      return;
    }
    await this.copyAnew(blob, context);
    if (blob.demand === 'foreign' || (await this.#isSound(blob, context))) return;
    throw new CopyError(
      'VERIFY_FAILED',
      `${this.#secondary.name} keeps blob ${blob.digest} damaged although it was sent again; its storage must be repaired`,
      { digest: blob.digest },
    );
  }

  async #isSound(blob: BlobSuccessor, { secondaryRepository }: CopyContext): Promise<boolean> {
    if (!(await this.#isPresent(blob, secondaryRepository))) return false;
    return await holdsBlob(this.#secondary.blobs, secondaryRepository, blob.digest);
  }

  async #place(blob: BlobSuccessor, context: CopyContext): Promise<void> {
    // Distribution 3.1 takes a mounted blob as the child of an index only after it was asked for that blob in that repository.
    if (context.walk === 'doubting' && (await this.#findPresent(blob, context))) return;
    let location = this.#locationOf(blob, context);
    let session = await this.#mount(blob, location, context);
    if (session === undefined && (await this.#findPresent(blob, context))) return;
    while (session === undefined) {
      const underWay = this.#uploads.get(blob.digest);
      const isNewlyElsewhere = this.#locationOf(blob, context) !== location;
      // No pause between these questions and the upload: of all that wait for a failed one, one tries next.
      if (underWay === undefined && !isNewlyElsewhere) break;
      await underWay?.catch(() => undefined); // its own tag reports that failure
      location = this.#locationOf(blob, context);
      session = await this.#mount(blob, location, context);
    }
    if (session !== 'mounted') await this.#uploadOnce(blob, context, session);
  }

  /** A repository of the secondary to mount the blob from. */
  #locationOf({ digest }: BlobSuccessor, context: CopyContext): RepositoryName | undefined {
    return this.#locations.get(digest) ?? this.#locationWithin(context);
  }

  async #mount(
    blob: BlobSuccessor,
    location: RepositoryName | undefined,
    { secondaryRepository, tally }: CopyContext,
  ): Promise<'mounted' | UploadSession | undefined> {
    if (location === undefined || location === secondaryRepository) return undefined;
    const result = await this.#secondary.blobs.mount(secondaryRepository, blob.digest, location);
    this.#learnOf(result);
    switch (result.kind) {
      case 'mounted':
        tally.blobsMounted += 1;
        return 'mounted';
      case 'upload':
        return result.session;
      case 'refused':
        return undefined;
    }
  }

  /** A registry that does not mount opens an upload; so does one that does and lost this blob. */
  #learnOf({ kind }: MountResult): void {
    const { capabilities } = this.#secondary;
    if (kind === 'mounted') capabilities.learn('mount', 'works');
    else if (capabilities.of('mount') !== 'works') capabilities.learn('mount', 'refused');
  }

  /** A link within one registry mounts from the primary's own repository. */
  #locationWithin({ primaryRepository }: CopyContext): RepositoryName | undefined {
    return this.#primary.name === this.#secondary.name ? primaryRepository : undefined;
  }

  async #findPresent(blob: BlobSuccessor, { secondaryRepository, tally }: CopyContext): Promise<boolean> {
    if (!(await this.#isPresent(blob, secondaryRepository))) return false;
    this.#locations.set(blob.digest, secondaryRepository);
    this.#primary.blobs.settled(blob.digest, this.#secondary.blobs);
    tally.blobsPresent += 1;
    return true;
  }

  async #isPresent(blob: BlobSuccessor, repository: RepositoryName): Promise<boolean> {
    const presence = await this.#secondary.blobs.head(repository, blob.digest);
    if (presence.kind === 'absent') return false;
    if (presence.sizeBytes === blob.sizeBytes && blob.sizeBytes !== undefined)
      this.#sizes.set(blob.digest, blob.sizeBytes);
    // A blob of another length is not that blob (a disk that ran full); it is sent again.
    return (
      presence.sizeBytes === undefined ||
      blob.sizeBytes === undefined ||
      presence.sizeBytes === blob.sizeBytes
    );
  }

  async #uploadOnce(
    blob: BlobSuccessor,
    context: CopyContext,
    session: UploadSession | undefined,
  ): Promise<void> {
    const upload = this.#upload(blob, context, session);
    this.#uploads.set(blob.digest, upload);
    try {
      await upload;
    } finally {
      if (this.#uploads.get(blob.digest) === upload) this.#uploads.delete(blob.digest);
    }
  }

  async #upload(blob: BlobSuccessor, context: CopyContext, given: UploadSession | undefined): Promise<void> {
    const sizeBytes = await this.#sizeOf(blob, context);
    if (sizeBytes === 'not-kept') return;
    let session = given;
    for (let attempt = 1; ; attempt += 1) {
      session ??= await this.#secondary.blobs.startUpload(context.secondaryRepository);
      try {
        await this.#stream({ digest: blob.digest, sizeBytes }, context, session);
        break;
      } catch (error) {
        if (await this.#isThereAfter(error, blob, context, attempt)) break;
        session = undefined;
      }
    }
    this.#locations.set(blob.digest, context.secondaryRepository);
    this.#sizes.set(blob.digest, sizeBytes);
    this.#primary.blobs.settled(blob.digest, this.#secondary.blobs);
    context.tally.blobsCopied += 1;
  }

  /** The size to announce; a foreign layer is asked for first, because the primary need not keep it. */
  async #sizeOf(blob: BlobSuccessor, context: CopyContext): Promise<number | 'not-kept'> {
    if (blob.demand === 'required' && blob.sizeBytes !== undefined) return blob.sizeBytes;
    const presence = await this.#primary.headBlob(context.primaryRepository, blob.digest);
    if (presence.kind === 'absent') {
      if (blob.demand === 'foreign') return 'not-kept';
      throw missing(blob.digest, context);
    }
    const sizeBytes = blob.sizeBytes ?? presence.sizeBytes;
    if (sizeBytes === undefined)
      throw new CopyError(
        'MALFORMED_RESPONSE',
        `neither a descriptor nor the primary says how large blob ${blob.digest} is`,
      );
    return sizeBytes;
  }

  /** Decides what a failed upload means: there all the same (`true`), worth another one (`false`), or the end. */
  async #isThereAfter(
    error: unknown,
    blob: BlobSuccessor,
    context: CopyContext,
    attempt: number,
  ): Promise<boolean> {
    if (error instanceof SpoolFailure) return this.#withoutSpool(error, attempt);
    if (!(error instanceof RegistryError) || !WORTH_ANOTHER_UPLOAD.has(error.code)) throw error;
    // A proxy that finds a blob too large will not find it smaller.
    if (error.status === 413) throw error;
    // A commit whose answer was lost may have been kept (jib#4301), and two writers of one blob may collide (nexus#967).
    if (await this.#isPresent(blob, context.secondaryRepository)) return true;
    if (attempt >= MOST_UPLOADS) throw error;
    await this.#secondary.blobs.waitBeforeRetry(attempt);
    return false;
  }

  async #hold(wanted: WantedBlob, session: UploadSession): Promise<BlobHold> {
    try {
      return await this.#primary.blobs.hold(wanted, this.#secondary.blobs);
    } catch (error) {
      await this.#secondary.blobs.cancelUpload(session).catch(() => undefined);
      throw error;
    }
  }

  /** The spool's disk failed, no registry did: the next upload reads the primary again. */
  #withoutSpool(error: SpoolFailure, attempt: number): false {
    if (attempt < MOST_UPLOADS) return false;
    throw new CopyError('NETWORK', `blobs could not be kept on the way: ${error.message}`, { cause: error });
  }

  async #stream(
    content: { digest: Digest; sizeBytes: number },
    context: CopyContext,
    session: UploadSession,
  ): Promise<void> {
    const wanted = { ...content, repository: context.primaryRepository };
    const hold = await this.#hold(wanted, session);
    // A copy that broke on the primary's side fails the upload too; the error must name the side where it began.
    let sourceFailure: Error | undefined;
    const blameSource = (error: unknown): void => {
      if (isOfSource(error)) sourceFailure = error;
    };
    const open = async (): Promise<Readable> => {
      sourceFailure = undefined;
      try {
        const download = await hold.open();
        const checked = verifiedStream(content, (bytes) => context.tally.addBytes(bytes));
        download.once('error', (error) => checked.destroy(error));
        checked.once('error', blameSource).once('close', () => download.destroy());
        return download.pipe(checked);
      } catch (error) {
        blameSource(error);
        throw error;
      }
    };
    try {
      await this.#secondary.blobs.upload(session, content.digest, {
        body: { sizeBytes: content.sizeBytes, open },
        slot: hold.slot,
      });
    } catch (error) {
      // Best effort: 2.8 has forgotten it already.
      await this.#secondary.blobs.cancelUpload(session, hold.slot).catch(() => undefined);
      throw sourceFailure ?? error;
    } finally {
      hold.release();
    }
  }
}

function isOfSource(error: unknown): error is Error {
  return error instanceof CopyError || error instanceof RegistryError || error instanceof SpoolFailure;
}

function missing(digest: Digest, { primaryRepository }: CopyContext): CopyError {
  return new CopyError('MISSING_CONTENT', `the primary does not have blob ${digest} in ${primaryRepository}`);
}
