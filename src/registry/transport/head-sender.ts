import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { HttpAgents } from './http-agents.ts';

export interface HeadRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Sends a HEAD and gives its answer, whose empty body is still to be read.
 *
 * With Node's own client: a cycle in which nothing changed is two HEADs per tag and little else, and axios (1.21, Node 24)
 * takes as much time again for each as Node does. There is no body that it could help with.
 *
 * @throws {Error} of Node's client.
 */
export function sendHead(
  { url, headers, signal }: HeadRequest,
  agents: HttpAgents,
): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  const options = { method: 'HEAD', headers, signal, agent: isTls ? agents.https : agents.http };
  return new Promise((resolve, reject) => {
    const request = isTls ? https.request(url, options) : http.request(url, options);
    // Not `once`: what breaks after the answer has begun is told by the answer's own stream.
    request.once('response', resolve).on('error', reject).end();
  });
}
