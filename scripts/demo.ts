// `npm run demo`: Aminata writes to Kouadio on WhatsApp and is answered, on the real local platform from empty data.
// Ends with 0 only when every step came true; says which one did not otherwise.
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { KEYS, portBase, ROOT } from './platform/config.ts';
import { functionSettings, type Platform, startPlatform } from './platform/platform.ts';
import { freePorts } from './platform/ports.ts';
import { dire, type Reponse, reponsesRecues } from './platform/prospect.ts';

const AMINATA = { de: '+2250598765432', nom: 'Aminata Traoré' };
const DIALOGUE = ['Bonjour, je suis intéressée par vos chaussures Nike', 'Je fais du 38'];
/** She comes from Kouadio's advertisement on Facebook: Meta says so with her first message. */
const PUBLICITE = {
  source_type: 'ad',
  source_id: '120210000000000001',
  source_url: 'https://fb.me/kouadio-chaussures',
  headline: 'Nike, Adidas, Puma à Abidjan',
  ctwa_clid: 'demo-ctwa-clid',
};
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
    env: functionSettings(),
    log: (part, line) => journal.push(`[${part}] ${line}`),
  });
  try {
    console.log(`Prête en ${secondes(performance.now() - debut)} sur ${plateforme.apiUrl}.\n`);
    await jouerDialogue(plateforme);
    await montrerLignes(plateforme);
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

/** What the vendor's front end sees: his own rows under his own token, and nobody else's. */
async function montrerLignes({ apiUrl }: Platform): Promise<void> {
  const kouadio = await connexion(apiUrl, 'kouadio@example.ci');
  await attendreLecture(kouadio);
  const [prospects, conversations, messages] = await Promise.all([
    kouadio.from('prospects').select('nom_complet, numero_telephone, statut_prospect, source_acquisition'),
    kouadio.from('conversations').select('statut_conversation, etape, ia_activee, non_lus'),
    kouadio
      .from('messages')
      .select('id_message, direction_message, contenu_message, genere_par_ia, modele_ia, statut_livraison')
      .order('id_message'),
  ]);
  for (const { error } of [prospects, conversations, messages]) if (error) throw new Error(error.message);
  console.log('\n── Ce que Kouadio voit dans Supabase ──');
  console.log('prospects');
  console.table(prospects.data);
  console.log('conversations');
  console.table(conversations.data);
  console.log('messages');
  console.table(
    messages.data?.map((m) => ({
      sens: m.direction_message,
      contenu: m.contenu_message.length > 70 ? `${m.contenu_message.slice(0, 69)}…` : m.contenu_message,
      ia: m.modele_ia ?? '',
      statut: m.statut_livraison,
    })),
  );
  attendre('un prospect', prospects.data?.length, 1);
  if (prospects.data?.[0]?.source_acquisition !== 'pub_facebook')
    throw new Error('La publicité n’a pas été reconnue.');
  attendre('une conversation', conversations.data?.length, 1);
  attendre('quatre messages', messages.data?.length, 2 * DIALOGUE.length);

  const awa = await connexion(apiUrl, 'awa@example.ci');
  const vues = await awa.from('messages').select('id_message');
  attendre('aucun message chez Awa, l’autre vendeuse', vues.data?.length, 0);
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

async function connexion(apiUrl: string, email: string) {
  const client = createClient(apiUrl, KEYS.publishable, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { error } = await client.auth.signInWithPassword({ email, password: 'motdepasse-demo' });
  if (error) throw new Error(`${email} n'a pas pu se connecter : ${error.message}`);
  return client;
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
