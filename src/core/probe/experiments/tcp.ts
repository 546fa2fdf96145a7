import { MoqtError } from '../../errors/moqt-error.js';
import type { ConnectPlan } from '../../session/connect/connect-plan.js';
import { connectTcp } from '../../transport/webtransport-h2/tcp.js';

export type TcpAnswer = 'accepts' | 'refuses' | 'silent' | 'unreachable';

export interface TcpOptions {
  readonly addresses: readonly string[];
  readonly bind: string | undefined;
  /** ms. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Whether something answers over TCP on the same port. */
export async function tcpSamePort({ url, peer }: ConnectPlan, options: TcpOptions): Promise<TcpAnswer> {
  const { limitMs, ...rest } = options;
  try {
    (await connectTcp({ ...rest, port: url.port, ms: limitMs, limitMs, peer })).destroy();
    return 'accepts';
  } catch (error) {
    if (!(error instanceof MoqtError)) throw error;
    if (error.reason === 'tcp.refused') return 'refuses';
    return error.reason === 'tcp.timeout' ? 'silent' : 'unreachable';
  }
}

/** In words for a report. */
export const TCP_OUTCOME: Readonly<Record<TcpAnswer, string>> = {
  accepts: 'TCP connects on the same port',
  refuses: 'TCP is refused on the same port: the host is up',
  silent: 'TCP is silent on the same port too',
  unreachable: 'TCP has no way there either',
};
