import { ProgressLine, type ProgressSample } from '../../core/render/progress.js';

const INTERVAL_MS = 250;

/** A spinner with a progress line on stderr, for as long as a person watches. */
export interface Progress {
  /** Text for the phases that have no numbers yet. */
  say(text: string): void;
  /** From now on the line shows samples. */
  follow(sample: () => ProgressSample): void;
  stop(): void;
}

const SILENT: Progress = { say() {}, follow() {}, stop() {} };

export async function startProgress(enabled: boolean, text: string): Promise<Progress> {
  if (!enabled) return SILENT;
  const { default: ora } = await import('ora');
  // stdin may be the data: it is not the spinner's to read.
  const spinner = ora({ text, stream: process.stderr, discardStdin: false }).start();
  let timer: NodeJS.Timeout | null = null;
  return {
    say(next) {
      spinner.text = next;
    },
    follow(sample) {
      const line = new ProgressLine();
      if (timer) clearInterval(timer);
      timer = setInterval(() => {
        spinner.text = line.next(sample());
      }, INTERVAL_MS);
      timer.unref();
    },
    stop() {
      if (timer) clearInterval(timer);
      spinner.stop();
    },
  };
}
