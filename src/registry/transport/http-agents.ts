import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

/** Long enough for a distant region, short enough to notice a black hole before a request budget is gone. */
const CONNECT_TIMEOUT_MILLISECONDS = 10_000;

/** Idle sockets are closed by us before common servers and load balancers do, which avoids the keep-alive race. */
const IDLE_SOCKET_MILLISECONDS = 4_000;

/** PEM texts; `ca` is trusted besides the system's roots. */
export interface TlsMaterial {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

export interface HttpAgents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** Agents of one origin: sockets, and above all client certificates, are never shared between origins. */
export function createAgents(maxSockets: number, material: TlsMaterial): HttpAgents {
  const options = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: maxSockets,
    timeout: IDLE_SOCKET_MILLISECONDS,
    scheduling: 'lifo' as const,
  };
  const tlsOptions = {
    minVersion: 'TLSv1.2' as const,
    ...(material.ca === undefined ? {} : { ca: [...tls.rootCertificates, material.ca] }),
    ...(material.certificate === undefined ? {} : { cert: material.certificate }),
    ...(material.key === undefined ? {} : { key: material.key }),
  };
  return { http: new PlainAgent(options), https: new TlsAgent({ ...options, ...tlsOptions }) };
}

export function closeAgents(agents: HttpAgents): void {
  agents.http.destroy();
  agents.https.destroy();
}

class PlainAgent extends http.Agent {
  override createConnection(
    options: http.ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = super.createConnection(options, callback);
    limitConnecting(socket, 'connect');
    return socket;
  }
}

class TlsAgent extends https.Agent {
  override createConnection(
    options: https.RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = super.createConnection(options, callback);
    limitConnecting(socket, 'secureConnect');
    return socket;
  }
}

function limitConnecting(socket: Duplex | null | undefined, ready: 'connect' | 'secureConnect'): void {
  if (!socket) return;
  const timer = setTimeout(() => {
    const error: NodeJS.ErrnoException = new Error('no connection within 10 s');
    error.code = 'ETIMEDOUT';
    socket.destroy(error);
  }, CONNECT_TIMEOUT_MILLISECONDS);
  timer.unref();
  const disarm = (): void => clearTimeout(timer);
  socket.once(ready, disarm).once('close', disarm).once('error', disarm);
}
