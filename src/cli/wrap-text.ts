/**
 * The text in lines of at most `width` characters, broken at spaces; a longer word keeps a line of its own, so that an
 * address can still be copied. `null` is a pipe or a file: one line.
 */
export function wrapText(text: string, width: number | null): string[] {
  if (width === null) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
