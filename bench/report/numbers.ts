import type { Summary } from '../measure/statistics.ts';

const SIGNIFICANT = 3;

/** A measured number with the digits that mean something. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value === 0 ? '0' : String(Number(value.toPrecision(SIGNIFICANT)));
}

export function formatSpread({ min, max }: Summary): string {
  return `${formatNumber(min)}-${formatNumber(max)}`;
}

export function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? '-' : ratio.toFixed(ratio < 0.1 ? 3 : 2);
}
