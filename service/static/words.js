// What the scripts of a page say, in the language of the page.
const vietnamese = document.documentElement.lang !== "en";

export const t = (vi, en) => (vietnamese ? vi : en);
export const locale = vietnamese ? "vi" : "en";
export const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 20 });
