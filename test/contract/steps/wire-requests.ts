import { acceptAll } from '../contract-content.ts';
import { type WireRequest } from '../wire-client.ts';

/** A GET or HEAD of a manifest with an Accept header that names everything, unless told otherwise. */
export function readManifest(
  method: 'GET' | 'HEAD',
  repository: string,
  reference: string,
  accept: string | null = acceptAll,
): WireRequest {
  return {
    method,
    path: `/v2/${repository}/manifests/${reference}`,
    headers: accept === null ? {} : { Accept: accept },
  };
}

export function putManifest(
  repository: string,
  reference: string,
  body: Buffer,
  mediaType: string | null,
): WireRequest {
  return {
    method: 'PUT',
    path: `/v2/${repository}/manifests/${reference}`,
    headers: mediaType === null ? {} : { 'Content-Type': mediaType },
    body,
  };
}

export function readBlob(method: 'GET' | 'HEAD', repository: string, digest: string): WireRequest {
  return { method, path: `/v2/${repository}/blobs/${digest}` };
}

export function openUpload(repository: string, query = ''): WireRequest {
  return { method: 'POST', path: `/v2/${repository}/blobs/uploads/${query}`, body: Buffer.alloc(0) };
}

/** The commit of an upload session; `location` is the last one the registry gave. */
export function commitUpload(location: string, digest: string, body: Buffer = Buffer.alloc(0)): WireRequest {
  return {
    method: 'PUT',
    path: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`,
    headers: { 'Content-Type': 'application/octet-stream' },
    body,
  };
}

export function patchUpload(
  location: string,
  body: Buffer,
  headers: Record<string, string> = {},
): WireRequest {
  return {
    method: 'PATCH',
    path: location,
    headers: { 'Content-Type': 'application/octet-stream', ...headers },
    body,
  };
}

export function deleteManifest(repository: string, reference: string): WireRequest {
  return { method: 'DELETE', path: `/v2/${repository}/manifests/${reference}` };
}

export const get = (path: string): WireRequest => ({ method: 'GET', path });
