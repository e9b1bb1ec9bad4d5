// How an amount is written for a person: "45 000 FCFA".
// Only writes; amounts are computed in SQL.

const SANS_DECIMALES = new Set(['XOF', 'XAF']);

/** Thousands apart by a plain space; FCFA has no decimals, other currencies show their code. */
export function formaterMontant(montant: number, devise: string): string {
  const sansDecimales = SANS_DECIMALES.has(devise);
  const [entier = '0', decimales] = Math.abs(montant)
    .toFixed(sansDecimales || Number.isInteger(montant) ? 0 : 2)
    .split('.');
  const signe = montant < 0 && Number(`${entier}.${decimales ?? 0}`) !== 0 ? '-' : '';
  const groupes = entier.replace(/\B(?=(\d{3})+$)/g, ' ');
  return `${signe}${groupes}${decimales === undefined ? '' : `,${decimales}`} ${sansDecimales ? 'FCFA' : devise}`;
}
