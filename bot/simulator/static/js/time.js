/** Dates, sizes and sums in the page's language. */

import { locale, t } from "./i18n.js";

export const dayKey = (iso) => new Date(iso).toDateString();

export function dayName(iso, now = new Date()) {
  const date = new Date(iso);
  const days = Math.round((startOfDay(now) - startOfDay(date)) / 86_400_000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale(), { year, month: "long", day: "numeric", weekday: "short" }).format(date);
}

const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

export const clock = (iso) => new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(iso));

export function duration(seconds) {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function fileSize(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = bytes > 0 ? Math.min(3, Math.floor(Math.log(bytes) / Math.log(1024))) : 0;
  const digits = step === 0 ? 0 : 1;
  const options = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), options).format(bytes / 1024 ** step);
}

/** A sum as the lender reports it: a number, a decimal string, or `{amount, currency}`. */
export function money(value) {
  const { amount, currency } = typeof value === "object" && value !== null ? value : { amount: value, currency: "CNY" };
  const number = Number(amount);
  if (!Number.isFinite(number)) return String(amount ?? "");
  const digits = Number.isInteger(number) ? 0 : 2;
  const options = { style: "currency", currency: currency ?? "CNY", currencyDisplay: "narrowSymbol", minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), options).format(number);
}

export function ago(iso, now = Date.now()) {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  if (Math.abs(seconds) < 60) return format.format(Math.min(seconds, 0), "second");
  if (Math.abs(seconds) < 3600) return format.format(Math.round(seconds / 60), "minute");
  if (Math.abs(seconds) < 86_400) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86_400), "day");
}
