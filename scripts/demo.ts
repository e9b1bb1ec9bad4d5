// `npm run demo`: Aminata writes to Kouadio on WhatsApp, the AI sells her a pair and takes her order, a courier gets it; Kouadio sees
// his day. On the real local platform from empty data. Ends with 0 only when every step came true; says which one did not otherwise.
import { join } from 'node:path';
import type { SupabaseClient } from '@supabase/supabase-js';
import {
  livrer,
  MESSAGES_DE_LIVRAISON,
  montrerDelai,
  montrerNotifications,
  preparerLivreur,
} from './demo-livraison.ts';
import { portBase, ROOT } from './platform/config.ts';
import { functionSettings, type Platform, startPlatform } from './platform/platform.ts';
import { freePorts } from './platform/ports.ts';
import { dire, messagesRecus } from './platform/prospect.ts';
import * as scenario from './scenario.ts';
import { ACCORD, AMINATA, bon, PUBLICITE, VENTE } from './scenario.ts';

const ATTENTE_MS = 30_000;

async function main(): Promise<void> {
  const debut = performance.now();
  console.log('FluxAsync : démonstration. La plateforme démarre sur des données neuves…');
  const journal: string[] = [];
  const plateforme = await startPlatform({
    dir: join(ROOT, '.local/demo'),
    ports: await freePorts(portBase()),
    durable: true,
    fresh: true,
    seed: 'vendors',
    env: functionSettings(),
    log: (part, line) => journal.push(`[${part}] ${line}`),
  });
  try {
    console.log(`Prête en ${secondes(performance.now() - debut)} sur ${plateforme.apiUrl}.\n`);
    const kouadio = await connexion(plateforme.apiUrl, 'kouadio@example.ci');
    const debutJour = await premierJour(kouadio);
    await scenario.annoncer(kouadio.client, kouadio.id);
    await preparerLivreur(plateforme, kouadio);
    let dits = await jouerDialogue(plateforme, kouadio);
    await attendreLecture(kouadio.client);
    const { id_commande, resume } = await suivreCommande(plateforme, kouadio);
    await livrer(plateforme, kouadio, id_commande);
    dits += MESSAGES_DE_LIVRAISON;
    await attendreLecture(kouadio.client);
    await montrerLignes(kouadio, dits);
    await montrerNotifications(plateforme, kouadio);
    await montrerJournee(kouadio, dits, debutJour);
    await montrerIsolation(plateforme);
    await montrerDelai(plateforme, kouadio);
    console.log(`\n${resume}`);
    console.log(`Tout s'est passé comme prévu, en ${secondes(performance.now() - debut)}.`);
  } catch (erreur) {
    console.error(['\nDernières lignes de la plateforme :', ...journal.slice(-25)].join('\n'));
    throw erreur;
  } finally {
    await plateforme.stop();
  }
}

/** She talks until her order is there; how many messages it took her. */
async function jouerDialogue({ graphUrl }: Platform, { client }: Connecte): Promise<number> {
  console.log('── Conversation WhatsApp ──');
  const reste: string[] = [...VENTE];
  let recues = 0;
  for (let dits = 1; dits <= VENTE.length + 2; dits += 1) {
    const debut = performance.now();
    const texte = (await etape(client)) === 'recapitulatif' ? ACCORD : (reste.shift() ?? ACCORD);
    const message = { type: 'text', text: { body: texte }, ...(dits === 1 ? { referral: PUBLICITE } : {}) };
    const { statut } = await dire(graphUrl, { ...AMINATA, message });
    if (statut !== 200) throw new Error(`Le webhook a répondu ${statut} au message « ${texte} ».`);
    console.log(`Aminata    ${texte}   (enregistré en ${Math.round(performance.now() - debut)} ms)`);
    const reponses = (await attendreReponse(graphUrl, recues)).slice(recues);
    recues += reponses.length;
    for (const reponse of reponses)
      console.log(`FluxAsync  ${reponse}   (${secondes(performance.now() - debut)})`);
    if ((await etape(client)) === 'confirmee') return dits;
  }
  throw new Error('La conversation n’a pas mené à une commande.');
}

/** How far the dialogue is, as Kouadio's front end sees it. */
async function etape(client: SupabaseClient): Promise<string | undefined> {
  const [conversation] = bon(
    await client.from('conversations').select('etape, ia_activee').is('id_livreur', null),
  );
  if (conversation && !conversation.ia_activee) throw new Error('L’assistant a passé la main à Kouadio.');
  return conversation?.etape;
}

async function attendreReponse(graphUrl: string, deja: number): Promise<string[]> {
  const limite = Date.now() + ATTENTE_MS;
  while (Date.now() < limite) {
    const recues = await messagesRecus(graphUrl, AMINATA.de);
    if (recues.length > deja) return recues;
    await new Promise((suite) => setTimeout(suite, 50));
  }
  throw new Error(`Aucune réponse en ${ATTENTE_MS / 1000} s.`);
}

/** The order the AI took, as Kouadio sees it, and a supplier's mail; the order and its line. */
async function suivreCommande(
  { apiUrl }: Platform,
  { client, id }: Connecte,
): Promise<{ id_commande: number; resume: string }> {
  console.log('\n── Commande ──');
  const service = scenario.creerService(apiUrl);
  const commandes = bon(await client.from('commandes').select('*').eq('id_utilisateur', id));
  const messages = bon(
    await client.from('messages').select('modele_ia').eq('id_utilisateur', id).neq('modele_ia', 'service'),
  );
  attendre('une commande', commandes.length, 1);
  const [commande] = commandes;
  attendre('45 000 pour la paire', Number(commande.montant_total), 45_000);
  attendre('1 500 de livraison à Cocody', Number(commande.frais_livraison), 1_500);
  if (!/^CMD-\d{8}-\d{6}$/.test(commande.numero_commande) || commande.statut_commande !== 'confirmee')
    throw new Error(`La commande ${commande.numero_commande} est ${commande.statut_commande}.`);
  const montants = `${montant(commande.montant_total)}, et ${montant(commande.frais_livraison)} de livraison`;
  const moteurs = [...new Set(messages.map((m) => m.modele_ia))].join(', ');
  console.log(
    `${commande.numero_commande}   1 × Nike Air Max 90 (38), ${montants} : ${montant(commande.montant_a_payer)} à payer, confirmée.`,
  );
  console.log(`Prise par l’assistant ; a parlé : ${moteurs}.`);
  const [avis] = bon(
    await client
      .from('notifications')
      .select('contenu_notification')
      .eq('cle_unicite', `commande:${commande.id_commande}`),
  );
  console.log(
    `Kouadio a été prévenu : « ${avis?.contenu_notification ?? manque('la notification de la commande')} »`,
  );
  await scenario.recevoirEmail(service, id, await scenario.connecterBoite(service, id));
  console.log('Un email du fournisseur est arrivé et a été lu.');
  return {
    id_commande: commande.id_commande,
    resume: `Aminata a commandé : ${commande.numero_commande}, ${montants}, confirmée (moteur : ${moteurs}).`,
  };
}

/** What the vendor's front end sees: his own rows under his own token. */
async function montrerLignes({ client, id }: Connecte, dits: number): Promise<void> {
  const lire = async (table: string, colonnes: string, ordre: string, livreurs?: string) => {
    const lignes = client.from(table).select(colonnes).eq('id_utilisateur', id).order(ordre);
    // Not what is said with couriers, nor they themselves.
    return bon(await (livreurs ? lignes.eq(livreurs, false) : lignes)) as unknown as Record<
      string,
      unknown
    >[];
  };
  console.log('\n── Ce que Kouadio voit dans Supabase ──');
  const prospects = await lire(
    'prospects',
    'nom_complet, numero_telephone, statut_prospect, source_acquisition, nombre_commandes_total',
    'id_prospect',
    'est_livreur',
  );
  const messages = await lire(
    'messages',
    'direction_message, contenu_message, modele_ia, statut_livraison',
    'id_message',
    'avec_livreur',
  );
  const commandes = await lire(
    'rapport_commandes',
    'numero_commande, client, nom_produit, quantite_commandee, montant_total, statut_commande, statut_livraison',
    'id_commande',
  );
  console.log('prospects');
  console.table(prospects);
  console.log('messages');
  console.table(
    messages.map((m) => {
      const contenu = String(m.contenu_message);
      return {
        sens: m.direction_message,
        contenu: contenu.length > 70 ? `${contenu.slice(0, 69)}…` : contenu,
        ia: m.modele_ia ?? '',
        statut: m.statut_livraison,
      };
    }),
  );
  console.log('rapport_commandes');
  console.table(commandes);
  attendre('un prospect', prospects.length, 1);
  if (prospects[0]?.source_acquisition !== 'pub_facebook')
    throw new Error('La publicité n’a pas été reconnue.');
  attendre(
    `${dits} messages d’Aminata`,
    messages.filter((m) => m.direction_message === 'entrant').length,
    dits,
  );
  attendre('une commande', commandes.length, 1);
}

async function premierJour({ client, id }: Connecte): Promise<string> {
  const [jour] = bon(await client.from('sessions_du_jour').select('date_session').eq('id_utilisateur', id));
  return String(jour?.date_session ?? manque('la journée de Kouadio'));
}

/** The day's figures; the next day is in them too, for who starts the demo shortly before midnight. */
async function montrerJournee({ client, id }: Connecte, dits: number, debut: string): Promise<void> {
  const lendemain = new Date(`${debut}T00:00:00Z`).getTime() + 86_400_000;
  const fin = new Date(lendemain).toISOString().slice(0, 10);
  const { totaux } = bon(await client.rpc('tableau_de_bord', { id_utilisateur: id, debut, fin }));
  console.log('\n── La journée de Kouadio (tableau_de_bord) ──');
  console.table({
    'messages reçus': totaux.messages_recus,
    'réponses de l’IA': totaux.reponses_ia,
    'délai médian de réponse (s)': totaux.mediane_des_delais_quotidiens_s,
    commandes: totaux.commandes_creees,
    'chiffre d’affaires (FCFA)': totaux.chiffre_affaires_genere,
    'livraisons réussies': totaux.livraisons_reussies,
    'emails traités': totaux.emails_traites,
  });
  attendre('45 000 de chiffre d’affaires', Number(totaux.chiffre_affaires_genere), 45_000);
  attendre('un message reçu par message d’Aminata', totaux.messages_recus, dits);
  attendre('une commande dans la journée', totaux.commandes_creees, 1);
  attendre('une livraison réussie', totaux.livraisons_reussies, 1);
  // What she taps about her delivery is not the AI's to answer.
  if (Number(totaux.reponses_ia) < dits - MESSAGES_DE_LIVRAISON)
    throw new Error('Un message d’Aminata est resté sans réponse.');
}

async function montrerIsolation({ apiUrl }: Platform): Promise<void> {
  const awa = await connexion(apiUrl, 'awa@example.ci');
  for (const table of ['messages', 'commandes', 'rapport_commandes', 'emails_recus']) {
    const vues = bon(await awa.client.from(table).select('*'));
    attendre(`rien de Kouadio dans ${table} chez Awa, l’autre vendeuse`, vues.length, 0);
  }
  console.log('Awa, l’autre vendeuse, ne voit aucune de ces lignes.');
}

/** Meta's statuses come after the reply; Aminata has read all when the last one is in. */
async function attendreLecture(client: SupabaseClient): Promise<void> {
  const limite = Date.now() + ATTENTE_MS;
  while (Date.now() < limite) {
    const { data } = await client
      .from('messages')
      .select('statut_livraison')
      .eq('direction_message', 'sortant');
    if (data?.every((m) => m.statut_livraison === 'lu')) return;
    await new Promise((suite) => setTimeout(suite, 200));
  }
  throw new Error(`Les statuts « lu » ne sont pas arrivés en ${ATTENTE_MS / 1000} s.`);
}

type Connecte = { client: SupabaseClient; id: string };

async function connexion(apiUrl: string, email: string): Promise<Connecte> {
  const client = scenario.creerClient(apiUrl);
  const { data, error } = await client.auth.signInWithPassword({ email, password: 'motdepasse-demo' });
  if (error) throw new Error(`${email} n'a pas pu se connecter : ${error.message}`);
  return { client, id: data.user.id };
}

function attendre(quoi: string, obtenu: number | undefined, voulu: number): void {
  if (obtenu !== voulu) throw new Error(`Attendu : ${quoi} ; obtenu : ${obtenu ?? 'rien'}.`);
}

function manque(quoi: string): never {
  throw new Error(`Il manque ${quoi}.`);
}

function montant(valeur: unknown): string {
  return `${Number(valeur).toLocaleString('fr-FR')} FCFA`;
}

function secondes(ms: number): string {
  return `${(ms / 1000).toLocaleString('fr-FR', { maximumFractionDigits: 1 })} s`;
}

try {
  await main();
} catch (erreur) {
  console.error(`\nLa démonstration a échoué : ${erreur instanceof Error ? erreur.message : String(erreur)}`);
  process.exitCode = 1;
}
