// Says what is wrong with a dialogue that was played: pure, from the line and from what the database holds after each turn.
// What README.md calls "always checked" is here, whatever a line expects.
import type { ArticleVendu, CommandeAttendue, Dialogue, Tour } from './format.ts';
import { memesAttributs } from './format.ts';
import { type LigneSue, montantsDits, montantsVrais, normal } from './montants.ts';

export type MessageVu = {
  id_message: number;
  type: string;
  texte: string;
  choix: { id: string; titre: string }[];
  entier: string;
};
export type LigneVue = {
  article: string;
  attributs: Record<string, string>;
  quantite: number;
  prix_unitaire: number;
};
export type CommandeVue = {
  numero: string;
  statut: string;
  lignes: LigneVue[];
  total: number;
  frais: number;
  a_payer: number;
  adresse: string | null;
  methode: string;
};
export type EtatVu = {
  ia: boolean;
  desabonne: boolean;
  /** The message that showed the basket as it is to be confirmed; null when there is none. */
  recapitulatif: number | null;
  panier: {
    lignes: LigneVue[];
    manque: string[];
    recapitule: boolean;
    adresse: string | null;
    nom: string | null;
  } | null;
  commandes: CommandeVue[];
};

export type Faute = {
  texte: string /** An order that should not be, or not so. */;
  commandeFausse?: boolean;
};
export type Juge = {
  /** After one burst: what the vendor's side wrote since, and how things stand. */
  rafale(dits: string[], nouveaux: MessageVu[], avant: EtatVu | null, apres: EtatVu): Faute[];
  /** The expectations of a turn, over everything that was said in it. */
  tour(attendu: Tour['attendu'], messages: MessageVu[], apres: EtatVu): Faute[];
  changer(changements: NonNullable<Tour['change']>): void;
  fin(etat: EtatVu | null): Faute[];
};

const FAITE =
  /commande (?:cmd-[\d-]+ )?(?:est|a ete) (?:bien )?(?:confirmee|enregistree|validee)(?! (?:des|quand|si|une|apres|lorsque))/;

const faute = (texte: string): Faute => ({ texte });
const fausse = (texte: string): Faute => ({ texte, commandeFausse: true });
/** Lower case, no accents, no punctuation, "45 000" as one word. */
const enMotsSeuls = (t: string) =>
  normal(t)
    .replace(/(?<!\d)\d{1,3}(?:[ .]\d{3})+(?!\d)/g, (n) => n.replace(/\D/g, ''))
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
const francs = (n: number) => n.toLocaleString('fr-FR');

/** `ailleurs`: the articles of the other shops of the database. */
export function creerJuge(d: Dialogue, ailleurs: readonly string[] = []): Juge {
  const catalogue: ArticleVendu[] = structuredClone(d.catalogue);
  const anciens: ArticleVendu[] = [];
  const textes: string[] = [];
  const paniers: LigneSue[][] = [];
  const recapitulatifs = new Map<number, string>();
  const vues = new Set<string>();
  const siens = catalogue
    .map((a) => normal(`${a.nom} ${a.description ?? ''} ${a.categorie ?? ''}`))
    .join(' | ');
  const etrangers = ailleurs
    .map(normal)
    .filter((nom) => nom.length > 7 && nom.includes(' ') && !siens.includes(nom));

  const sansValeur = (e: EtatVu) =>
    [
      ...catalogue.flatMap((a) => [
        a.nom,
        ...a.variantes.flatMap((v) => Object.values(v.attributs).filter((x) => /\D/.test(x))),
      ]),
      ...[e.panier?.adresse, e.panier?.nom, d.prospect.nom, d.boutique.nom, d.boutique.adresse],
      ...e.commandes.map((c) => c.adresse),
    ].filter((x): x is string => typeof x === 'string');

  const prixDe = (l: Pick<LigneVue, 'article' | 'attributs'>): number | undefined => {
    const a = catalogue.find((x) => x.nom === l.article);
    return a?.variantes.find((v) => memesAttributs(v.attributs, l.attributs))?.prix ?? a?.prix;
  };

  return {
    rafale(dits, nouveaux, avant, apres) {
      const fautes: Faute[] = [];
      textes.push(...dits);
      const reponses = nouveaux.filter((m) => m.type === 'texte' || m.type === 'interactif');
      if (avant !== null && !avant.ia) {
        if (nouveaux.length > 0)
          fautes.push(faute(`l'IA parle encore après avoir passé la main : « ${nouveaux[0]?.texte} »`));
        return fautes;
      }
      if (reponses.length !== 1) fautes.push(faute(`${reponses.length} réponses à une rafale au lieu d'une`));
      for (const p of [apres.panier?.lignes, ...apres.commandes.map((c) => c.lignes)]) {
        if (p) paniers.push(p.map((l) => ({ prix: prixDe(l) ?? Number.NaN, quantite: l.quantite })));
      }
      const vrais = montantsVrais({ dialogue: d, catalogue: [...catalogue, ...anciens], textes, paniers });
      const recent = nouveaux.find((m) => m.id_message === apres.recapitulatif);
      if (recent) recapitulatifs.set(recent.id_message, recent.entier);
      const dit = nouveaux.map((m) => m.entier).join('\n');
      // What several articles come to: the sum of the lines above it, each of them true.
      const lignes = dit.split('\n').flatMap((l) => (l.startsWith('•') ? montantsDits(l).slice(-1) : []));
      const somme = lignes.every((n) => vrais.has(n)) ? lignes.reduce((a, b) => a + b, 0) : Number.NaN;
      for (const n of montantsDits(dit, sansValeur(apres))) {
        if (!vrais.has(n) && n !== somme) fautes.push(faute(`montant inventé : ${francs(n)}`));
      }
      const lu = normal(dit);
      for (const [, reste] of lu.matchAll(/reste(?:nt)?(?: plus)?(?: que| qu'| seulement)? (\d+)(?! ?\d)/g)) {
        if (!stocksVrais(apres).has(Number(reste))) fautes.push(faute(`stock inventé : ${reste}`));
      }
      for (const nom of etrangers)
        if (lu.includes(nom)) fautes.push(faute(`article d'une autre boutique : ${nom}`));
      for (const [numero] of dit.matchAll(/CMD-\d{8}-\d+/g)) {
        if (!apres.commandes.some((c) => c.numero === numero))
          fautes.push(fausse(`numéro de commande inventé : ${numero}`));
      }
      if (apres.commandes.length === 0 && FAITE.test(lu))
        fautes.push(fausse('dit faite une commande qui ne l’est pas'));
      if (dit.includes('{{')) fautes.push(faute('un nom de variable est resté dans la réponse'));
      for (const c of apres.commandes.filter((x) => !vues.has(x.numero))) {
        vues.add(c.numero);
        fautes.push(...commandeNouvelle(c, dit, [...recapitulatifs.values()].at(-1)));
      }
      return fautes;
    },

    tour(attendu, messages, apres) {
      const fautes: Faute[] = [];
      const dit = messages.map((m) => m.entier).join('\n');
      const lu = ` ${enMotsSeuls(dit)} `;
      const montants = new Set(montantsDits(dit, sansValeur(apres)));
      const y = (mots: string) =>
        lu.includes(
          normal(mots)
            .replace(/[^a-z0-9]+/g, ' ')
            .trim(),
        );
      for (const n of attendu.prix) {
        const lesquels = [n].flat();
        if (!lesquels.some((x) => montants.has(x))) {
          fautes.push(faute(`prix attendu et non dit : ${lesquels.map(francs).join(' / ')}`));
        }
      }
      for (const e of attendu.contient) {
        if (![e].flat().some(y)) fautes.push(faute(`attendu et non dit : ${[e].flat().join(' / ')}`));
      }
      for (const e of attendu.absent) {
        const trouve = [e].flat().find(y);
        if (trouve !== undefined) fautes.push(faute(`dit et non attendu : ${trouve}`));
      }
      if (attendu.main !== undefined && attendu.main === apres.ia) {
        fautes.push(
          faute(attendu.main ? 'la main devait être passée ici' : 'la main ne devait pas être passée ici'),
        );
      }
      const photos = messages.filter((m) => m.type === 'image').length;
      if (attendu.photo !== undefined && attendu.photo !== photos > 0) {
        fautes.push(faute(attendu.photo ? 'photo attendue' : 'photo non attendue'));
      }
      const montre = messages.some(
        (m) => m.id_message === apres.recapitulatif || recapitulatifs.has(m.id_message),
      );
      if (attendu.recapitulatif !== undefined && attendu.recapitulatif !== montre) {
        fautes.push(faute(attendu.recapitulatif ? 'récapitulatif attendu' : 'récapitulatif non attendu'));
      }
      return fautes;
    },

    changer(changements) {
      for (const c of changements) {
        const a = catalogue.find((x) => x.nom === c.article);
        if (a === undefined) continue;
        anciens.push(structuredClone(a));
        const v = c.attributs && a.variantes.find((x) => memesAttributs(x.attributs, c.attributs ?? {}));
        Object.assign(v ?? a, {
          ...(c.prix === undefined ? {} : { prix: c.prix }),
          ...(c.stock === undefined ? {} : { stock: c.stock }),
        });
      }
    },

    fin(etat) {
      if (etat === null) return [faute('aucune conversation')];
      const fautes: Faute[] = [];
      const attendues = [...d.attendu.commande];
      for (const c of etat.commandes) {
        const raisons = attendues.map((a) => differences(a, c));
        const i = raisons.findIndex((r) => r.length === 0);
        if (i >= 0) attendues.splice(i, 1);
        else if (attendues.length === 0) fautes.push(fausse(`commande non attendue : ${enMots(c)}`));
        else {
          fautes.push(fausse(`commande fausse (${raisons[0]?.join(', ')}) : ${enMots(c)}`));
          attendues.splice(0, 1);
        }
      }
      for (const a of attendues) {
        fautes.push(
          faute(`commande manquante : ${a.lignes.map((l) => `${l.quantite} ${l.article}`).join(', ')}`),
        );
      }
      if (d.attendu.main !== null && etat.ia === d.attendu.main) {
        fautes.push(
          faute(d.attendu.main ? 'la main devait être passée' : 'la main ne devait pas être passée'),
        );
      }
      if (d.attendu.desabonne !== undefined && d.attendu.desabonne !== etat.desabonne) {
        fautes.push(faute(d.attendu.desabonne ? 'devait être désabonné' : 'ne devait pas être désabonné'));
      }
      return fautes;
    },
  };

  /** What may be left of anything, before and after each order. */
  function stocksVrais(etat: EtatVu): Set<number> {
    const stocks = [...catalogue, ...anciens].flatMap((a) => [
      a.stock ?? (a.variantes.length === 0 ? 10 : a.variantes.reduce((n, v) => n + v.stock, 0)),
      ...a.variantes.map((v) => v.stock),
    ]);
    const pris = etat.commandes.flatMap((c) => c.lignes.map((l) => l.quantite));
    return new Set(
      stocks.flatMap((n) => [n, ...pris.map((q) => n - q), n - pris.reduce((x, q) => x + q, 0)]),
    );
  }

  /** Whatever was expected: its figures are the catalogue's, and the prospect read them before he said yes. */
  function commandeNouvelle(c: CommandeVue, dit: string, recapitulatif: string | undefined): Faute[] {
    const fautes: Faute[] = [];
    for (const l of c.lignes) {
      const juste = prixDe(l);
      if (juste === undefined || juste !== l.prix_unitaire) {
        fautes.push(
          fausse(
            `${l.article} à ${francs(l.prix_unitaire)} au lieu de ${juste === undefined ? 'rien' : francs(juste)}`,
          ),
        );
      }
    }
    const total = c.lignes.reduce((somme, l) => somme + (prixDe(l) ?? 0) * l.quantite, 0);
    if (total !== c.total) fautes.push(fausse(`total ${francs(c.total)} au lieu de ${francs(total)}`));
    if (c.total + c.frais !== c.a_payer)
      fautes.push(fausse(`à payer ${francs(c.a_payer)} au lieu de ${francs(c.total + c.frais)}`));
    const frais = new Set([...d.boutique.zones.map((z) => z.frais), ...(d.boutique.retrait ? [0] : [])]);
    if (!frais.has(c.frais)) fautes.push(fausse(`frais de ${francs(c.frais)} qu'aucune zone n'a`));
    if (!dit.includes(c.numero))
      fautes.push(faute(`la commande ${c.numero} est faite et la réponse ne la nomme pas`));
    if (recapitulatif === undefined) fautes.push(fausse(`commande ${c.numero} sans récapitulatif montré`));
    else if (!montantsDits(recapitulatif).includes(c.a_payer)) {
      fautes.push(faute(`le récapitulatif ne disait pas ${francs(c.a_payer)}`));
    }
    return fautes;
  }

  function differences(a: CommandeAttendue, c: CommandeVue): string[] {
    const raisons: string[] = [];
    const restent = [...c.lignes];
    for (const l of a.lignes) {
      const i = restent.findIndex(
        (x) =>
          x.article === l.article &&
          Object.entries(l.attributs).every(([nom, valeur]) => x.attributs[nom] === valeur) &&
          x.quantite === l.quantite,
      );
      if (i < 0)
        raisons.push(`sans ${l.quantite} ${l.article} ${Object.values(l.attributs).join(' ')}`.trim());
      else restent.splice(i, 1);
    }
    for (const l of restent) raisons.push(`avec ${l.quantite} ${l.article}`);
    const frais = a.frais ?? fraisDe(a);
    if (frais !== undefined && c.frais !== frais)
      raisons.push(`frais ${francs(c.frais)} au lieu de ${francs(frais)}`);
    if (a.total !== undefined && c.total !== a.total)
      raisons.push(`total ${francs(c.total)} au lieu de ${francs(a.total)}`);
    if (a.a_payer !== undefined && c.a_payer !== a.a_payer)
      raisons.push(`à payer ${francs(c.a_payer)} au lieu de ${francs(a.a_payer)}`);
    if (a.paiement !== undefined && c.methode !== a.paiement)
      raisons.push(`paiement ${c.methode} au lieu de ${a.paiement}`);
    const ou = normal(c.adresse ?? '');
    for (const e of a.adresse) {
      if (![e].flat().some((mots) => ou.includes(normal(mots))))
        raisons.push(`adresse « ${c.adresse} » sans ${[e].flat().join(' / ')}`);
    }
    if (c.statut !== a.statut) raisons.push(`${c.statut} au lieu de ${a.statut}`);
    return raisons;
  }

  function fraisDe(a: CommandeAttendue): number | undefined {
    if (a.retrait) return 0;
    const { zones } = d.boutique;
    const commune = normal(a.commune ?? '');
    const la = zones.find((z) => commune !== '' && [z.nom, ...z.communes].some((x) => normal(x) === commune));
    if (la) return la.frais;
    const partout = zones.find((z) => z.communes.includes('*'));
    if (partout && (commune !== '' || zones.length === 1)) return partout.frais;
    return undefined;
  }
}

const enMots = (c: CommandeVue) =>
  `${c.lignes.map((l) => `${l.quantite} ${l.article} ${Object.values(l.attributs).join(' ')}`.trim()).join(', ')}, ${francs(c.a_payer)}, ${c.statut}`;
