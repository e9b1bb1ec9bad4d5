// One vendor, and what Meta delivers to him, step by step: no worker runs, so that a test says itself when a reply is taken and
// when it is recorded.
import { openDatabase, type TestDatabase } from './database.ts';
import {
  base64,
  type Changement,
  corps,
  message,
  type Objet,
  type Personne,
  wamid,
} from './evenements-meta.ts';
import { creerVendeur, type Vendeur } from './vendeurs.ts';

export let d: TestDatabase;
export let v: Vendeur;

export async function ouvrirEntrant(): Promise<void> {
  d = await openDatabase();
  v = await creerVendeur(d.sql);
}

export const fermerEntrant = () => d?.close();

export async function livrer(...changements: Changement[]): Promise<string> {
  const [r] =
    await d.sql`select service.recevoir_evenement_whatsapp(${base64(corps(changements, { trace: wamid() }))}) as r`;
  return r?.r.etat;
}

export const ligne = async (id: string) => {
  const [m] =
    await d.sql`select * from public.messages where id_utilisateur = ${v.id} and identifiant_message_whatsapp = ${id}`;
  return m;
};

export const conversationDe = async (qui: Personne) => {
  const [c] =
    await d.sql`select c.*, p.desabonne_le, p.nom_complet, p.numero_whatsapp as numero from public.conversations as c join public.prospects as p using (id_prospect)
    where p.id_utilisateur = ${v.id} and p.identifiant_whatsapp = ${qui.bsuid ?? qui.numero ?? ''} order by c.id_conversation desc limit 1`;
  return c;
};

export const sortants = (idConversation: number) =>
  d.sql`select contenu_message, modele_ia, statut_livraison, code_erreur from public.messages
    where id_conversation = ${idConversation} and direction_message = 'sortant' order by id_message`;

export type Prise = {
  id_conversation: number;
  jeton: string;
  msg_id: number;
  jusqu_a: number;
  contexte: { nouveaux: { texte: string }[] };
};

/** The replies that are due now, leased. */
export async function prendre(): Promise<Prise[]> {
  await d.sql`update prive.reglages set valeur = 0 where nom = 'attente_rafale_ms'`;
  await d.sql`update pgmq.q_repondre_prospects set vt = now() - interval '1 second'`;
  const [r] = await d.sql<{ prises: Prise[] }[]>`select service.prendre_reponses(100) as prises`;
  return r?.prises ?? [];
}

export async function repondre(prises: Prise[]): Promise<string[]> {
  const reponse = {
    texte: 'Bonjour !',
    memoire: {},
    etape: 'accueil',
    confiance: 1,
    modele: 'essai',
    passer_la_main: null,
  };
  const lot = prises.map(({ id_conversation, jeton, msg_id, jusqu_a }) => ({
    id_conversation,
    jeton,
    msg_id,
    jusqu_a,
    reponse,
  }));
  const [r] = await d.sql`select service.enregistrer_reponses(${d.sql.json(lot)}) as issues`;
  return r?.issues.map((i: { issue: string }) => i.issue);
}

export const edit = (qui: Personne, original: string, body: string, autre: Objet = {}) =>
  message(v, qui, {
    type: 'edit',
    edit: { original_message_id: original, message: { type: 'text', text: { body } } },
    ...autre,
  });
export const revoke = (qui: Personne, original: string) =>
  message(v, qui, { type: 'revoke', revoke: { original_message_id: original } });
