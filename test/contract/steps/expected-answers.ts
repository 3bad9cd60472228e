import { digestOf } from '../contract-content.ts';
import { type ExpectedAnswer } from '../observed-answer.ts';

/** An upload session's state: its next location and how far it got. */
export function sessionAnswer(repository: string, status: 202 | 204, range: string): ExpectedAnswer {
  return {
    status,
    headers: {
      location: `{origin}/v2/${repository}/blobs/uploads/{uuid}?_state={state}`,
      range,
      'docker-upload-uuid': '{uuid}',
    },
  };
}

/** A blob that a commit or a mount has created. */
export function blobCreated(repository: string, bytes: Buffer): ExpectedAnswer {
  const digest = digestOf(bytes);
  return { status: 201, digest, headers: { location: `{origin}/v2/${repository}/blobs/${digest}` } };
}

export function manifestCreated(repository: string, bytes: Buffer): ExpectedAnswer {
  const digest = digestOf(bytes);
  return { status: 201, digest, headers: { location: `{origin}/v2/${repository}/manifests/${digest}` } };
}
