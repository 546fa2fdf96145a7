import { codeText } from '../../core/errors/codes/texts.js';
import { type TraceHeader, traceDraft } from '../../core/records/trace-event.js';
import type { TraceNames } from '../../core/render/trace-html/index.js';
import { profileByDraft } from '../../core/wire/drafts/index.js';

/** What the draft of a trace calls its numbers. Of a draft that is not known, every number stays one. */
export function traceNames(header: TraceHeader): TraceNames {
  const draft = traceDraft(header.protocol);
  const profile = draft === null ? undefined : profileByDraft(draft);
  return {
    message: (type) => profile?.control.layoutById(type)?.view.toUpperCase() ?? null,
    code: (space, code) => {
      const table = profile?.codes(space);
      const name = table?.name(code);
      if (table === undefined || name === undefined) return null;
      // Texts go by the names of 15 and later.
      const neutral = table.neutralName(code) ?? name;
      return { name, meaning: codeText(space, neutral)?.says ?? '' };
    },
  };
}
