import type { DiagnosisCase } from '../case.js';
import { aioquicCases } from './aioquic.js';
import { alpnCases } from './alpn.js';
import { dataCases } from './data.js';
import { familyCases } from './families.js';
import { httpCases } from './http.js';
import { lookalikeCases } from './lookalikes.js';
import { networkCases } from './network.js';
import { quicCases } from './quic.js';
import { quirkCases } from './quirks.js';
import { realCases } from './real.js';
import { requestCases } from './requests.js';
import { sessionCases } from './session.js';
import { setupCases } from './setup.js';
import { tcpCases } from './tcp.js';
import { tlsCases } from './tls.js';
import { warningCases } from './warnings.js';

/** Every case of the lab. */
export const CASES: readonly DiagnosisCase[] = [
  ...networkCases,
  ...familyCases,
  ...quicCases,
  ...tlsCases,
  ...tcpCases,
  ...alpnCases,
  ...httpCases,
  ...setupCases,
  ...sessionCases,
  ...requestCases,
  ...dataCases,
  ...lookalikeCases,
  ...warningCases,
  ...quirkCases,
  ...aioquicCases,
  ...realCases,
];
