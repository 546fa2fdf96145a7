/** The text in lines of at most `width` characters, broken at spaces; a longer word has a line of its own. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/**
 * A line with its spacing and colours, in lines of at most `width` columns: broken at spaces, the further ones behind `hang`
 * spaces, or fewer where the word needs them. A word that is longer has a line of its own; an escape sequence (SGR) has no width, and is never cut.
 */
export function fitLine(line: string, width: number, hang: number): string[] {
  const lines: string[] = [];
  let current = '';
  let columns = 0;
  for (const piece of line.match(/ *[^ ]+/g) ?? []) {
    const more = columnsOf(piece);
    if (current.trim() !== '' && columns + more > width) {
      lines.push(current);
      const word = piece.trimStart();
      const size = columnsOf(word);
      const before = Math.min(hang, Math.max(0, width - size));
      current = `${' '.repeat(before)}${word}`;
      columns = before + size;
    } else {
      current += piece;
      columns += more;
    }
  }
  return [...lines, current];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the beginning of an escape sequence
const SGR = /\u001b\[[\d;]*m/g;

function columnsOf(text: string): number {
  return [...text.replace(SGR, '')].length;
}
