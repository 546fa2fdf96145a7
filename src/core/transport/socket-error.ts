import { MoqtError } from '../errors/moqt-error.js';
import { hostPort } from './address.js';

/** What differs between the two kinds of socket, in words. */
const WORDS = {
  udp: { name: 'UDP', elsewhere: 'a server may listen on TCP only, or on another address' },
  tcp: { name: 'TCP', elsewhere: 'a server may listen on UDP only, or on another address' },
} as const;

/** A socket of the system that cannot be had or used, or whose peer cannot be reached: refused, ICMP, no route. */
export function socketError(
  stage: 'udp' | 'tcp',
  origin: NodeJS.ErrnoException,
  peer: string,
  bind: string | undefined,
): MoqtError {
  const { code } = origin;
  const { name, elsewhere } = WORDS[stage];
  if (code === 'ECONNREFUSED') {
    return new MoqtError('MOQT_E_UNREACHABLE', `nothing listens on that ${name} port`, {
      stage,
      cause: `${stage}.refused`,
      peer,
      hint: `check the port; ${elsewhere}`,
      origin,
    });
  }
  if (code === 'EADDRNOTAVAIL' && bind !== undefined) {
    return new MoqtError('MOQT_E_LOCAL_IO', `this machine has no address ${bind} to send from`, {
      stage,
      cause: 'network.bind',
      peer,
      hint: 'give --bind an address of this machine',
      origin,
    });
  }
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'ENOBUFS' || code === 'ENOMEM' || code === 'EACCES') {
    return new MoqtError('MOQT_E_LOCAL_IO', `the system gives no ${name} socket: ${code}`, {
      stage,
      cause: 'network.socket',
      peer,
      origin,
    });
  }
  return new MoqtError('MOQT_E_UNREACHABLE', `the network has no way there: ${code ?? origin.message}`, {
    stage,
    cause: 'network.unreachable',
    peer,
    hint: 'check the route, or try the other address family',
    origin,
  });
}

/** A port that cannot be listened on. */
export function listenError(
  stage: 'udp' | 'tcp',
  origin: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
): MoqtError {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process listens there',
    EACCES: 'ports below 1024 need a privilege',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  const detail = why[origin.code ?? ''] ?? origin.message;
  return new MoqtError('MOQT_E_LOCAL_IO', `cannot listen on ${WORDS[stage].name} ${hostPort(host, port)}: ${detail}`, {
    stage,
    cause: 'network.bind',
    hint: 'choose another port, or 0 for any free one',
    origin,
  });
}
