/** Names of people as each language writes them. */

/** Family name first and joined in Chinese, last and apart elsewhere. */
export function fullName({ first_name: first, last_name: last }) {
  const wide = /[\u4e00-\u9fff]/.test(first);
  return wide ? `${last ?? ""}${first}` : [first, last].filter(Boolean).join(" ");
}
