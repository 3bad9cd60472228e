import { type Socket } from 'node:net';

/** TCP sockets by the two ports that tell them apart on loopback: under TLS a request knows only the socket above. */
const sockets = new Map<string, Socket>();

const keyOf = ({ localPort = 0, remotePort = 0 }: Socket): string => `${localPort} ${remotePort}`;

/** Remembers a TCP socket until it closes. */
export function rememberSocket(socket: Socket): void {
  const key = keyOf(socket);
  sockets.set(key, socket);
  socket.once('close', () => sockets.delete(key));
}

/** Ends a connection with RST, be there TLS on it or not. */
export function resetConnection(socket: Socket): void {
  (sockets.get(keyOf(socket)) ?? socket).resetAndDestroy();
}
