// The functions Gemini may call: what it asks is parsed, done by the engine's tools, and answered in compact JSON.
// Whatever a tool gave becomes a fact that the reply may speak of.
import { type FunctionDeclaration, type Schema, SchemaType } from '@google/generative-ai';
import { z } from 'zod';
import {
  type FaitsConnus,
  noterBoutique,
  noterCommandes,
  noterLigne,
  noterLivraison,
  noterPanier,
  noterProduit,
} from '../garde-fous/faits.ts';
import type { ChangementPanier, Contexte, Outils, PanierChiffre } from '../modele-ia.ts';
import { demandeAnnulation, lireAccord, repondAuRecapitulatif } from './accord-prospect.ts';
import { attributsCompacts, couper, panierCompact, produitCompact, propre } from './vues.ts';

/** One attempt at a reply: the tools, what they gave, and what the reply will do. */
export type Atelier = {
  contexte: Contexte;
  outils: Outils;
  faits: FaitsConnus;
  /** Why a person is called, or null. */
  main: string | null;
  /** The basket that is ordered with this reply. */
  commande: PanierChiffre | null;
  /** Anything was asked of the shop. */
  interroge: boolean;
  appels: number;
};

type Champ<T = unknown> = { schema: Schema & { description?: string }; forme: z.ZodType<T> };

const texte = (description: string, max: number): Champ<string> => ({
  schema: { type: SchemaType.STRING, description },
  forme: z
    .string()
    .max(max * 2)
    .transform(propre)
    .pipe(z.string().min(1).max(max)),
});
const entier = (description: string, max = Number.MAX_SAFE_INTEGER): Champ<number> => ({
  schema: { type: SchemaType.INTEGER, description },
  forme: z.int().min(1).max(max),
});
const parmi = <const T extends string>(description: string, valeurs: readonly T[]): Champ<T> => ({
  schema: { type: SchemaType.STRING, format: 'enum', enum: [...valeurs], description },
  forme: z.enum(valeurs),
});

type Fonction = {
  declaration: FunctionDeclaration;
  forme: z.ZodType<Record<string, unknown>>;
  faire(atelier: Atelier, args: Record<string, unknown>): Promise<object>;
};

function fonction<
  const O extends Record<string, Champ>,
  const F extends Record<string, Champ> = Record<never, never>,
>(
  name: string,
  description: string,
  champs: { requis?: O; libres?: F },
  faire: (
    atelier: Atelier,
    args: { [K in keyof O]: z.infer<O[K]['forme']> } & { [K in keyof F]?: z.infer<F[K]['forme']> | null },
  ) => Promise<object>,
): [string, Fonction] {
  const requis: Record<string, Champ> = champs.requis ?? {};
  const libres: Record<string, Champ> = champs.libres ?? {};
  const tous = { ...requis, ...libres };
  const parameters = {
    type: SchemaType.OBJECT as const,
    properties: Object.fromEntries(Object.entries(tous).map(([k, c]) => [k, c.schema])),
    required: Object.keys(requis),
  };
  return [
    name,
    {
      declaration: { name, description, ...(Object.keys(tous).length > 0 ? { parameters } : {}) },
      forme: z.strictObject({
        ...Object.fromEntries(Object.entries(requis).map(([k, c]) => [k, c.forme])),
        ...Object.fromEntries(Object.entries(libres).map(([k, c]) => [k, c.forme.nullable().optional()])),
      }),
      // The form above has just said what they are.
      faire: (atelier, args) => faire(atelier, args as never),
    },
  ];
}

const id_produit = entier('identifiant donné par chercher_produits, lire_produit ou le panier');
const id_variante = entier(
  'identifiant de la variante (taille, couleur), à omettre si le produit n’en a pas',
);

const FONCTIONS = new Map<string, Fonction>([
  fonction(
    'chercher_produits',
    'Cherche dans le catalogue de la boutique les produits que des mots nomment : identifiants, prix, stock, variantes. Texte « tout » : le début du catalogue.',
    { requis: { texte: texte('les mots du client qui nomment un article', 300) } },
    async (a, args) => {
      const trouves = await a.outils.chercherProduits(/^(?:tout|\*)$/i.test(args.texte) ? '' : args.texte);
      for (const p of trouves) noterProduit(a.faits, p);
      return { produits: trouves.map(produitCompact) };
    },
  ),
  fonction(
    'lire_produit',
    'Un produit en détail : description, attributs, variantes, nombre de photos.',
    { requis: { id_produit } },
    async (a, args) => {
      const lu = await a.outils.lireProduit(args.id_produit);
      if (lu === null) return { refus: 'produit_introuvable' };
      noterProduit(a.faits, lu);
      return {
        produit: {
          ...produitCompact(lu),
          description: couper(lu.description_produit, 800),
          attributs: attributsCompacts(lu.attributs),
          photos: lu.photos,
        },
      };
    },
  ),
  fonction(
    'calculer_prix',
    'Le prix exact de plusieurs pièces d’un article, et si elles sont en stock. Ne calculez jamais vous-même.',
    { requis: { id_produit, quantite: entier('nombre de pièces', 10_000) }, libres: { id_variante } },
    async (a, args) => {
      const ligne = await a.outils.chiffrerLigne(args.id_produit, args.id_variante ?? null, args.quantite);
      if (ligne === null) return { refus: 'article_introuvable' };
      noterLigne(a.faits, ligne, null);
      return { ligne };
    },
  ),
  fonction(
    'mettre_au_panier',
    'Met une quantité d’un article dans le panier (quantité totale voulue, elle remplace celle d’avant).',
    { requis: { id_produit, quantite: entier('quantité totale voulue', 10_000) }, libres: { id_variante } },
    (a, args) =>
      changer(a, {
        action: 'mettre',
        id_produit: args.id_produit,
        id_variante: args.id_variante ?? null,
        quantite: args.quantite,
      }),
  ),
  fonction(
    'retirer_du_panier',
    'Retire un article du panier.',
    { requis: { id_produit }, libres: { id_variante } },
    (a, args) =>
      changer(a, { action: 'retirer', id_produit: args.id_produit, id_variante: args.id_variante ?? null }),
  ),
  fonction('vider_panier', 'Retire tous les articles du panier.', {}, (a) => changer(a, { action: 'vider' })),
  fonction(
    'completer_commande',
    'Note ce que le client a dit pour sa commande. Seul ce qui est donné change.',
    {
      libres: {
        nom: texte('nom du client', 100),
        telephone: texte('numéro de téléphone pour la livraison', 30),
        mode: parmi('livraison à une adresse ou retrait à la boutique', ['livraison', 'retrait']),
        adresse: texte('commune et repère, dans les mots du client', 500),
        methode_paiement: parmi('moyen de paiement choisi', [
          'paiement_livraison',
          'orange_money',
          'mtn_money',
          'wave',
          'virement_bancaire',
        ]),
        notes: texte('autre demande du client pour cette commande', 500),
      },
    },
    (a, args) => {
      const dits = Object.fromEntries(Object.entries(args).filter(([, v]) => v !== null && v !== undefined));
      return changer(a, { action: 'completer', ...dits });
    },
  ),
  fonction(
    'estimer_livraison',
    'Les frais et le jour de livraison pour un lieu.',
    { requis: { lieu: texte('commune ou quartier, dans les mots du client', 300) } },
    async (a, args) => {
      const livraison = await a.outils.estimerLivraison(args.lieu);
      noterLivraison(a.faits, args.lieu, livraison);
      return { livraison };
    },
  ),
  fonction(
    'voir_panier',
    'Le panier chiffré maintenant, et ce qui manque pour commander.',
    {},
    async (a) => ({ panier: panierCompact(a.outils.panier()) }),
  ),
  fonction(
    'recapituler',
    'À appeler quand la réponse montre tout le panier (articles, frais, total à payer, adresse, paiement) et demande un oui. Obligatoire avant toute confirmation.',
    {},
    async (a) => {
      if (a.faits.faits.confirme) return { refus: 'deja_confirmee' };
      if (!a.outils.recapituler()) return { refus: 'incomplet', manque: a.outils.panier().manque };
      a.faits.faits.recapitule = true;
      return { fait: true, panier: panierCompact(a.outils.panier()) };
    },
  ),
  fonction(
    'confirmer_commande',
    'Passe la commande. Seulement si le client vient de dire clairement oui au récapitulatif. Le numéro s’écrit {{numero_commande}} dans la réponse.',
    {},
    confirmer,
  ),
  fonction(
    'mes_commandes',
    'Les dernières commandes de ce client : état, livraison, montants, si elles peuvent être annulées.',
    {},
    async (a) => {
      const commandes = await a.outils.lireCommandes();
      noterCommandes(a.faits, commandes);
      return { commandes };
    },
  ),
  fonction(
    'annuler_commande',
    'Annule une commande de ce client, s’il l’a clairement demandé.',
    { requis: { id_commande: entier('identifiant donné par mes_commandes') } },
    async (a, args) => {
      if (!demandeAnnulation(a.contexte)) return { refus: 'pas_demande' };
      const { refus } = await a.outils.annulerCommande(args.id_commande);
      if (refus !== null) return { refus };
      a.faits.faits.annule = true;
      return { fait: true };
    },
  ),
  fonction(
    'lire_boutique',
    'Ce que la boutique dit d’elle : adresse, horaires, moyens de paiement, zones et frais de livraison, politiques (retour, garantie…).',
    {},
    async (a) => {
      const boutique = await a.outils.lireBoutique();
      noterBoutique(a.faits, boutique);
      return { boutique };
    },
  ),
  fonction(
    'envoyer_photo',
    'Envoie les photos d’un produit avec la réponse.',
    { requis: { id_produit } },
    async (a, args) => {
      const photos = await a.outils.envoyerPhoto(args.id_produit);
      if (photos > 0) a.faits.faits.photo = true;
      return photos > 0 ? { fait: true, photos } : { refus: 'pas_de_photo' };
    },
  ),
  fonction(
    'prevenir_retour',
    'Le client sera prévenu quand cet article épuisé revient en stock.',
    { requis: { id_produit }, libres: { id_variante } },
    async (a, args) => {
      if (!(await a.outils.prevenirRetour(args.id_produit, args.id_variante ?? null)))
        return { refus: 'en_stock_ou_introuvable' };
      a.faits.faits.prevenu = true;
      return { fait: true };
    },
  ),
  fonction(
    'appeler_humain',
    'Un membre de l’équipe prend la suite : plainte, remboursement, demande d’une personne, ce que les outils ne savent pas et qui compte pour la vente.',
    { requis: { motif: texte('un court paragraphe pour l’équipe : qui, ce qu’il veut, où on en est', 600) } },
    async (a, args) => {
      passerLaMain(a, args.motif);
      return { fait: true };
    },
  ),
  fonction(
    'arreter_messages',
    'Le client ne veut plus recevoir de messages qu’il n’a pas demandés.',
    {},
    async (a) => {
      if (
        !/stop|arr[eê]t|d[eé]sabonn|unsubscribe|no more|plus (?:de |recevoir|rien)/i.test(ditPar(a.contexte))
      )
        return { refus: 'pas_demande' };
      a.outils.desabonner();
      a.faits.faits.desabonne = true;
      return { fait: true };
    },
  ),
]);

export function passerLaMain(a: Atelier, motif: string): void {
  a.main = motif;
  a.faits.faits.main = true;
}

async function changer(a: Atelier, changement: ChangementPanier): Promise<object> {
  const { panier, refus } = await a.outils.modifierPanier(changement);
  noterPanier(a.faits, panier);
  if (refus === null) {
    // As the tools have it: what was agreed before the change is agreed no more.
    a.faits.faits.recapitule = false;
    a.faits.faits.confirme = false;
    a.commande = null;
  } else noterRefus(a.faits, refus);
  return {
    ...(refus === null ? {} : { refus: refus.code, phrase: refus.phrase }),
    panier: panierCompact(panier),
  };
}

/** The shop's own sentence about what is left may be repeated. */
function noterRefus(faits: FaitsConnus, refus: { code: string; phrase: string }): void {
  if (refus.code === 'stock_insuffisant') faits.noms.push(refus.phrase);
}

async function confirmer(a: Atelier): Promise<object> {
  const lu = lireAccord(a.contexte.nouveaux, a.outils.panier().empreinte);
  const accord =
    lu === 'oui' && !repondAuRecapitulatif(a.contexte, a.outils.panier().montant_a_payer)
      ? 'autre_question'
      : lu;
  if (accord !== 'oui')
    return {
      refus: accord === 'perime' ? 'ancien_recapitulatif' : 'pas_de_oui',
      phrase: 'Récapitulez et demandez un oui clair.',
    };
  const { refus, panier } = await a.outils.confirmerCommande();
  noterPanier(a.faits, panier);
  if (refus !== null) return { refus, panier: panierCompact(panier) };
  a.faits.faits.confirme = true;
  a.faits.faits.recapitule = false;
  a.commande = panier;
  return { fait: true, panier: panierCompact(panier) };
}

/** The prospect's last words; the button that empties a basket cancels no order. */
function ditPar({ historique, nouveaux }: Contexte): string {
  const siens = [...historique.filter((m) => m.direction === 'entrant').slice(-3), ...nouveaux];
  return siens.flatMap((m) => (m.choix === 'annuler_panier' ? [] : [m.texte])).join(' ');
}

export const DECLARATIONS: FunctionDeclaration[] = [...FONCTIONS.values()].map((f) => f.declaration);

/** malforme: no such function, or arguments of another shape. The answer says what is wrong, for the model. */
export type Rendu = { reponse: object; malforme: boolean };

export async function executer(atelier: Atelier, nom: string, args: unknown): Promise<Rendu> {
  const f = FONCTIONS.get(nom);
  if (!f) return { reponse: { erreur: 'fonction inconnue' }, malforme: true };
  const lu = f.forme.safeParse(args ?? {});
  if (!lu.success)
    return { reponse: { erreur: `arguments invalides : ${motsDuRefus(lu.error)}` }, malforme: true };
  atelier.interroge = true;
  return { reponse: await f.faire(atelier, lu.data), malforme: false };
}

export function motsDuRefus(erreur: z.ZodError): string {
  return erreur.issues
    .map((i) => `${i.path.join('.')} ${i.code}`)
    .join(', ')
    .slice(0, 300);
}
