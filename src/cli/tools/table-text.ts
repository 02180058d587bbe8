/** Rows below their headers in columns as wide as their widest text, each column closed by `end`. */
export function tableText(headers: readonly string[], rows: readonly (readonly string[])[], end: string): string {
  const all = [headers, ...rows];
  const widths = headers.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0) + end).join('')).join('\n');
}
