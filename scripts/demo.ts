// `npm run demo`: Aminata writes to Kouadio on WhatsApp, is answered, orders, and her pair goes to a courier; Kouadio sees his
// day. On the real local platform from empty data. Ends with 0 only when every step came true; says which one did not otherwise.
import { join } from 'node:path';
import type { SupabaseClient } from '@supabase/supabase-js';
import { portBase, ROOT } from './platform/config.ts';
import { functionSettings, type Platform, startPlatform } from './platform/platform.ts';
import { freePorts } from './platform/ports.ts';
import { dire, type Reponse, reponsesRecues } from './platform/prospect.ts';
import * as scenario from './scenario.ts';
import { AMINATA, bon, DIALOGUE, PUBLICITE } from './scenario.ts';

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
    await scenario.annoncer(kouadio.client, kouadio.id);
    await jouerDialogue(plateforme);
    await attendreLecture(kouadio.client);
    await commander(plateforme, kouadio);
    await montrerLignes(kouadio);
    await montrerJournee(kouadio);
    await montrerIsolation(plateforme);
    console.log(`\nTout s'est passé comme prévu, en ${secondes(performance.now() - debut)}.`);
  } catch (erreur) {
    console.error(['\nDernières lignes de la plateforme :', ...journal.slice(-25)].join('\n'));
    throw erreur;
  } finally {
    await plateforme.stop();
  }
}

async function jouerDialogue({ graphUrl }: Platform): Promise<void> {
  console.log('── Conversation WhatsApp ──');
  for (const [tour, texte] of DIALOGUE.entries()) {
    const dit = performance.now();
    const message = { type: 'text', text: { body: texte }, ...(tour === 0 ? { referral: PUBLICITE } : {}) };
    const { statut } = await dire(graphUrl, { ...AMINATA, message });
    if (statut !== 200) throw new Error(`Le webhook a répondu ${statut} au message « ${texte} ».`);
    console.log(`Aminata    ${texte}   (enregistré en ${Math.round(performance.now() - dit)} ms)`);
    const reponse = await attendreReponse(graphUrl, tour + 1);
    console.log(`FluxAsync  ${reponse.texte}   (${secondes(performance.now() - dit)})`);
  }
}

async function attendreReponse(graphUrl: string, rang: number): Promise<Reponse> {
  const limite = Date.now() + ATTENTE_MS;
  while (Date.now() < limite) {
    const recues = await reponsesRecues(graphUrl, AMINATA.de);
    if (recues.length > rang) throw new Error(`Aminata a reçu ${recues.length} réponses au lieu de ${rang}.`);
    const reponse = recues[rang - 1];
    if (reponse) return reponse;
    await new Promise((suite) => setTimeout(suite, 50));
  }
  throw new Error(`Aucune réponse au message ${rang} en ${ATTENTE_MS / 1000} s.`);
}

/** The order, its delivery, and a supplier's mail: what the vendor does with his token, and the platform with its key. */
async function commander({ apiUrl }: Platform, { client, id }: Connecte): Promise<void> {
  console.log('\n── Commande ──');
  const service = scenario.creerService(apiUrl);
  const commande = await scenario.commander(client, id);
  attendre('45 000 à payer', Number(commande.montant_total), 45_000);
  console.log(
    `${commande.numero_commande}   1 × Nike Air Max 90 (38), ${commande.montant_total} FCFA, confirmée.`,
  );
  await scenario.planifierLivraison(client, service, id, commande.id_commande);
  console.log('Mamadou Diabaté la livre demain à Cocody.');
  await scenario.recevoirEmail(service, id, await scenario.connecterBoite(service, id));
  await scenario.notifier(service, id, commande);
  console.log('Un email du fournisseur est arrivé et a été lu ; Kouadio est prévenu de la commande.');
}

/** What the vendor's front end sees: his own rows under his own token. */
async function montrerLignes({ client, id }: Connecte): Promise<void> {
  const lire = async (table: string, colonnes: string, ordre: string) =>
    bon(await client.from(table).select(colonnes).eq('id_utilisateur', id).order(ordre)) as unknown as Record<
      string,
      unknown
    >[];
  console.log('\n── Ce que Kouadio voit dans Supabase ──');
  const prospects = await lire(
    'prospects',
    'nom_complet, numero_telephone, statut_prospect, source_acquisition, nombre_commandes_total',
    'id_prospect',
  );
  const messages = await lire(
    'messages',
    'direction_message, contenu_message, modele_ia, statut_livraison',
    'id_message',
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
  attendre('quatre messages', messages.length, 2 * DIALOGUE.length);
  attendre('une commande', commandes.length, 1);
}

async function montrerJournee({ client, id }: Connecte): Promise<void> {
  const [jour] = bon(await client.from('sessions_du_jour').select('*').eq('id_utilisateur', id));
  console.log('sessions_du_jour');
  console.table({
    'messages reçus': jour?.messages_recus,
    'réponses de l’IA': jour?.reponses_ia,
    'délai médian de réponse (s)': jour?.delai_reponse_median_s,
    commandes: jour?.commandes_creees,
    'chiffre d’affaires (FCFA)': jour?.chiffre_affaires_genere,
    'emails traités': jour?.emails_traites,
  });
  attendre('45 000 de chiffre d’affaires', Number(jour?.chiffre_affaires_genere), 45_000);
  attendre('deux réponses de l’IA', jour?.reponses_ia, 2);
}

async function montrerIsolation({ apiUrl }: Platform): Promise<void> {
  const awa = await connexion(apiUrl, 'awa@example.ci');
  for (const table of ['messages', 'commandes', 'rapport_commandes', 'emails_recus']) {
    const vues = bon(await awa.client.from(table).select('*'));
    attendre(`rien de Kouadio dans ${table} chez Awa, l’autre vendeuse`, vues.length, 0);
  }
  console.log('Awa, l’autre vendeuse, ne voit aucune de ces lignes.');
}

/** Meta's statuses come after the reply; Aminata has read both when the last one is in. */
async function attendreLecture(client: SupabaseClient): Promise<void> {
  const limite = Date.now() + ATTENTE_MS;
  while (Date.now() < limite) {
    const { count } = await client
      .from('messages')
      .select('id_message', { count: 'exact', head: true })
      .eq('statut_livraison', 'lu');
    if (count === DIALOGUE.length) return;
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

function secondes(ms: number): string {
  return `${(ms / 1000).toLocaleString('fr-FR', { maximumFractionDigits: 1 })} s`;
}

try {
  await main();
} catch (erreur) {
  console.error(`\nLa démonstration a échoué : ${erreur instanceof Error ? erreur.message : String(erreur)}`);
  process.exitCode = 1;
}
