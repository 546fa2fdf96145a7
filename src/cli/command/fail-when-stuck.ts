import { MoqtError } from '../../core/errors/moqt-error.js';

/**
 * Settles as `work` does, or rejects when the process has nothing left to wait for and `work` has not settled: it never will,
 * and Node would end with an exit code of its own (13), without a word.
 */
export async function failWhenStuck<T>(work: Promise<T>): Promise<T> {
  let stuck = (): void => {};
  const idle = new Promise<never>((_, reject) => {
    stuck = () => {
      const hint = 'this is a defect in moqt: please report it with the command line and the output of --debug';
      const message = 'the work is not done, and nothing is left that could finish it';
      reject(new MoqtError('MOQT_E_BUG', message, { stage: 'internal', cause: 'bug', hint }));
    };
  });
  process.once('beforeExit', stuck);
  try {
    return await Promise.race([work, idle]);
  } finally {
    process.off('beforeExit', stuck);
  }
}
