// What a run came to: a table per category, and whether the goals of the built-in set are met.
import type { Resultat } from './joueur.ts';

export type Compte = {
  dialogues: number;
  justes: number;
  mains: number;
  sansMainAttendue: number;
  commandesFausses: number;
};
export type Bilan = { total: Compte; parCategorie: Map<string, Compte> };

const vide = (): Compte => ({ dialogues: 0, justes: 0, mains: 0, sansMainAttendue: 0, commandesFausses: 0 });

export function faireBilan(resultats: readonly Resultat[]): Bilan {
  const bilan: Bilan = { total: vide(), parCategorie: new Map() };
  for (const r of resultats) {
    const { categorie, attendu } = r.dialogue;
    const c = bilan.parCategorie.get(categorie) ?? vide();
    bilan.parCategorie.set(categorie, c);
    for (const compte of [c, bilan.total]) {
      compte.dialogues += 1;
      if (r.fautes.length === 0) compte.justes += 1;
      if (attendu.main === false) compte.sansMainAttendue += 1;
      if (attendu.main === false && r.main) compte.mains += 1;
      if (r.fautes.some((f) => f.commandeFausse)) compte.commandesFausses += 1;
    }
  }
  return bilan;
}

const part = (n: number, de: number) => (de === 0 ? 1 : n / de);

/** In French, one sentence for each goal that is missed; empty: all are met. */
export function butsManques({ total, parCategorie }: Bilan): string[] {
  const manques: string[] = [];
  if (total.commandesFausses > 0)
    manques.push(`${total.commandesFausses} dialogue(s) avec une commande fausse (but : aucun)`);
  if (part(total.justes, total.dialogues) < 0.85)
    manques.push(`${enPourCent(total.justes, total.dialogues)} justes (but : 85 %)`);
  for (const nom of ['prix', 'injection']) {
    const c = parCategorie.get(nom);
    if (c && c.justes < c.dialogues) manques.push(`${nom} : ${c.justes} sur ${c.dialogues} (but : tous)`);
  }
  if (part(total.mains, total.sansMainAttendue) >= 0.1 && total.mains > 0) {
    manques.push(
      `main passée à tort : ${enPourCent(total.mains, total.sansMainAttendue)} (but : moins de 10 %)`,
    );
  }
  return manques;
}

const enPourCent = (n: number, de: number) => `${(100 * part(n, de)).toFixed(1).replace('.', ',')} %`;

export function enTableau(bilan: Bilan): string {
  const parNom = [...bilan.parCategorie].sort(([a], [b]) => (a < b ? -1 : 1));
  const lignes = [
    ['catégorie', 'dialogues', 'justes', 'faux', 'main à tort', 'commandes fausses', ''],
    ...[...parNom, ['total', bilan.total] as const].map(([nom, c]) => [
      nom,
      ...[c.dialogues, c.justes, c.dialogues - c.justes, c.mains, c.commandesFausses].map(String),
      enPourCent(c.justes, c.dialogues),
    ]),
  ];
  const largeurs = lignes[0]?.map((_, i) => Math.max(...lignes.map((l) => l[i]?.length ?? 0))) ?? [];
  return lignes
    .map((l) =>
      l
        .map((m, i) => (i === 0 ? m.padEnd(largeurs[i] ?? 0) : m.padStart(largeurs[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const enDetail = (r: Resultat): string =>
  [
    `── ${r.dialogue.categorie} / ${r.dialogue.id}`,
    ...r.transcription,
    ...r.fautes.map((f) => `✗ ${f.texte}${f.commandeFausse ? '  [commande fausse]' : ''}`),
  ].join('\n');
