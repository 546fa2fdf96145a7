import { getServers } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { MoqtError } from '../errors/moqt-error.js';
import { withSignal, withTimeout } from '../util/timeout.js';
import { familyOf, hostPort, isIpLiteral } from './address.js';
import type { ConnectOptions, Target } from './transport.js';

type Host = Pick<Target, 'host' | 'port'>;
type ResolveOptions = Pick<ConnectOptions, 'resolve' | 'family' | 'bind' | 'signal'>;

/** The addresses of a target, in the order in which to try them (RFC 8305 §4: families alternate). `ms` 0 waits for ever. */
export async function resolveHost(target: Host, options: ResolveOptions, ms: number): Promise<string[]> {
  const { bind, family } = options;
  const all = await addressesOf(target, options, ms);
  const allowed = all.filter((address) => family === undefined || familyOf(address) === family);
  if (allowed.length === 0) {
    throw unfit(
      target,
      `${target.host} has no IPv${family} address`,
      `it has ${all.join(', ')}; allow IPv${other(family)}`,
    );
  }
  const fitting = allowed.filter((address) => bind === undefined || familyOf(address) === familyOf(bind));
  if (fitting.length === 0) {
    const from = familyOf(bind as string);
    throw unfit(
      target,
      `--bind ${bind} is an IPv${from} address, from which ${allowed.join(', ')} cannot be reached`,
      `bind to an IPv${other(from)} address of this machine, or leave --bind out`,
    );
  }
  return interleave(fitting);
}

function other(family: 4 | 6 | undefined): 4 | 6 {
  return family === 4 ? 6 : 4;
}

function unfit(target: Host, message: string, hint: string): MoqtError {
  return new MoqtError('MOQT_E_UNREACHABLE', message, {
    stage: 'dns',
    cause: 'network.unreachable',
    peer: hostPort(target.host, target.port),
    hint,
  });
}

async function addressesOf(target: Host, options: ResolveOptions, ms: number): Promise<readonly string[]> {
  const { host, port } = target;
  const given = options.resolve?.get(`${host}:${port}`);
  if (given !== undefined && given.length > 0) return given;
  if (isIpLiteral(host)) return [host];
  try {
    const found = await withSignal(
      withTimeout(lookup(host, { all: true, verbatim: true }), ms, () => dnsTimeout(target, ms)),
      options.signal,
    );
    if (found.length > 0) return found.map((one) => one.address);
  } catch (error) {
    if (error instanceof MoqtError || options.signal?.aborted) throw error;
    throw dnsError(target, error as NodeJS.ErrnoException);
  }
  throw dnsError(target, null);
}

function dnsError(target: Host, origin: NodeJS.ErrnoException | null): MoqtError {
  if (origin?.code === 'EAI_AGAIN') {
    return new MoqtError('MOQT_E_TIMEOUT', `no name server answered for ${target.host}`, {
      stage: 'dns',
      cause: 'dns.timeout',
      hint: `check the network and the resolver; asked ${servers()}`,
      origin,
    });
  }
  return new MoqtError('MOQT_E_DNS', `the name ${target.host} does not exist or has no address`, {
    stage: 'dns',
    cause: 'dns.not-found',
    hint: `check the spelling of the name; asked ${servers()}`,
    origin: origin ?? undefined,
  });
}

function dnsTimeout(target: Host, ms: number): MoqtError {
  return new MoqtError('MOQT_E_TIMEOUT', `the name ${target.host} was not resolved within ${Math.round(ms)} ms`, {
    stage: 'dns',
    cause: 'dns.timeout',
    hint: `the resolver is silent or out of reach; asked ${servers()}`,
  });
}

function servers(): string {
  const list = getServers();
  return list.length === 0 ? 'no name server: none is configured' : list.join(', ');
}

/** First family first, then one of the other, and so on. */
export function interleave(addresses: readonly string[]): string[] {
  const first = addresses[0] === undefined ? 6 : familyOf(addresses[0]);
  const preferred = addresses.filter((address) => familyOf(address) === first);
  const other = addresses.filter((address) => familyOf(address) !== first);
  const mixed: string[] = [];
  for (let i = 0; i < Math.max(preferred.length, other.length); i++) {
    const a = preferred[i];
    const b = other[i];
    if (a !== undefined) mixed.push(a);
    if (b !== undefined) mixed.push(b);
  }
  return mixed;
}
