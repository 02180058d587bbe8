/** Local time in a pattern of Java's SimpleDateFormat: letters for year, month, day, hour, minute, second and millisecond; the rest stands as it is. */
export function simpleDate(timeMs: number, pattern: string): string {
  const time = new Date(timeMs);
  const parts: Readonly<Record<string, number>> = {
    y: time.getFullYear(),
    M: time.getMonth() + 1,
    d: time.getDate(),
    H: time.getHours(),
    m: time.getMinutes(),
    s: time.getSeconds(),
    S: time.getMilliseconds(),
  };
  return pattern.replaceAll(/'([^']*)'|([yMdHmsS])\2*/g, (run: string, quoted?: string, letter?: string) => {
    if (letter === undefined) return quoted === '' ? "'" : (quoted ?? run);
    const text = String(parts[letter]);
    return letter === 'y' && run.length === 2 ? text.slice(-2) : text.padStart(run.length, '0');
  });
}
