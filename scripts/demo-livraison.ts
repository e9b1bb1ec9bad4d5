// The second half of the demo: a courier is asked and says yes, the parcel changes hands against a code, Kouadio is told on WhatsApp;
// and what happens when a courier does not answer, with the clock moved instead of waited for.
import type { SupabaseClient } from '@supabase/supabase-js';
import postgres from 'postgres';
import { moveClock } from './platform/clock.ts';
import type { Platform } from './platform/platform.ts';
import { boutonsRecus, dire, messagesRecus, toucher } from './platform/prospect.ts';
import { AMINATA, bon, commander } from './scenario.ts';

const ATTENTE_MS = 30_000;
const MAMADOU = { de: '+2250711223344', nom: 'Mamadou Diabaté' };
const IBRAHIM = { de: '+2250511223344', nom: 'Ibrahim Koné' };
/** FluxAsync's own number, which writes to the vendor; and his phone. */
const FLUXASYNC = '100000000000099';
const KOUADIO = { de: '+2250712345678', nom: 'Jean Kouadio', vers: FLUXASYNC };
/** Near Kouadio's shop in Abobo. */
const POSITION = { latitude: 5.4205, longitude: -4.0201 };

type Vendeur = { client: SupabaseClient; id: string };

/** Kouadio has a courier, who says on WhatsApp that he is there and where; and Kouadio has written to FluxAsync, which may therefore write to him. */
export async function preparerLivreur({ graphUrl }: Platform, kouadio: Vendeur): Promise<void> {
  await ajouterLivreur(kouadio, MAMADOU, 'Cocody, Marcory, Plateau');
  await dire(graphUrl, { ...KOUADIO, texte: 'Bonjour' });
  await dire(graphUrl, { ...MAMADOU, texte: 'Bonjour, je suis disponible' });
  await dire(graphUrl, { ...MAMADOU, message: { type: 'location', location: POSITION } });
  await jusqu_a('la position de Mamadou', async () => {
    const [livreur] = bon(
      await kouadio.client.from('livreurs').select('position_le').eq('id_utilisateur', kouadio.id),
    );
    return livreur?.position_le !== null;
  });
}

async function ajouterLivreur(
  { client, id }: Vendeur,
  livreur: { de: string; nom: string },
  zones_couverture: string,
): Promise<void> {
  bon(
    await client
      .from('livreurs')
      .insert({
        id_utilisateur: id,
        nom_complet_livreur: livreur.nom,
        numero_telephone_livreur: livreur.de,
        zones_couverture,
      })
      .select('id_livreur'),
  );
}

/** What Aminata writes about her delivery: her note. */
export const MESSAGES_DE_LIVRAISON = 1;

/** From the offer to the handover and the note. */
export async function livrer({ graphUrl }: Platform, kouadio: Vendeur, id_commande: number): Promise<void> {
  console.log('\n── Livraison ──');
  const mamadou = oreille(graphUrl, MAMADOU.de, 'Mamadou');
  const aminata = oreille(graphUrl, AMINATA.de, 'Aminata');
  await aminata.passer();
  const [livraison] = bon(
    await kouadio.client
      .from('livraisons')
      .select('id_livraison')
      .eq('id_utilisateur', kouadio.id)
      .eq('id_commande', id_commande),
  );
  const statut = () => statutLivraison(kouadio, livraison?.id_livraison);

  await mamadou.entendre(/Accepter/);
  const [proposition] = bon(
    await kouadio.client
      .from('propositions_livraison')
      .select('score, motif')
      .eq('id_utilisateur', kouadio.id),
  );
  console.log(
    `           (choisi avec ${Number(proposition?.score).toLocaleString('fr-FR')} points : ${proposition?.motif})`,
  );
  await toucherBouton(graphUrl, MAMADOU, 'Accepter');
  await mamadou.entendre(/./);
  await jusqu_a('l’assignation', async () => (await statut()) === 'assignee');
  await aminata.entendre(/Mamadou/);

  await direEtMontrer(graphUrl, MAMADOU, 'Colis récupéré');
  await mamadou.entendre(/./);
  const enRoute = await aminata.entendre(/\b\d{4}\b/);
  const code = /code[^0-9]*(\d{4})\b/i.exec(enRoute)?.[1];
  if (!code) throw new Error(`Pas de code de remise dans « ${enRoute} ».`);
  const faux = code === '0000' ? '1111' : '0000';
  await direEtMontrer(graphUrl, MAMADOU, `livré ${faux}`);
  await mamadou.entendre(/./);
  if ((await statut()) === 'livree') throw new Error('Un code faux a suffi.');
  await direEtMontrer(graphUrl, MAMADOU, `livré ${code}`);
  await jusqu_a('la remise', async () => (await statut()) === 'livree');
  await mamadou.entendre(/./);
  await aminata.entendre(/./);
  await toucherBouton(graphUrl, AMINATA, 'Très bien');
  await jusqu_a('la note de Mamadou', async () => {
    const [livreur] = bon(
      await kouadio.client.from('livreurs').select('note_moyenne').eq('id_utilisateur', kouadio.id),
    );
    return Number(livreur?.note_moyenne) === 5;
  });
  const [commande] = bon(
    await kouadio.client
      .from('commandes')
      .select('statut_commande, statut_paiement')
      .eq('id_utilisateur', kouadio.id)
      .eq('id_commande', id_commande),
  );
  if (commande?.statut_commande !== 'livree' || commande.statut_paiement !== 'paye')
    throw new Error(
      `La commande est ${commande?.statut_commande}, le paiement ${commande?.statut_paiement}.`,
    );
}

/** What FluxAsync's own number has written to Kouadio. */
export async function montrerNotifications({ graphUrl }: Platform, kouadio: Vendeur): Promise<void> {
  console.log('\n── Notifications de Kouadio, sur son WhatsApp ──');
  await jusqu_a('les notifications', async () => {
    const lues = bon(
      await kouadio.client
        .from('notifications')
        .select('statut_envoi')
        .eq('id_utilisateur', kouadio.id)
        .eq('canal_envoi', 'whatsapp'),
    );
    return lues.length >= 3 && lues.every((n) => n.statut_envoi === 'livre');
  });
  for (const texte of await messagesRecus(graphUrl, KOUADIO.de))
    console.log(`FluxAsync  ${texte.replaceAll('\n', ' ')}`);
}

/** A second order: who is asked first does not answer; five minutes later, by a moved clock, the next one is asked and says yes. */
export async function montrerDelai(plateforme: Platform, kouadio: Vendeur): Promise<void> {
  console.log(
    '\n── Un livreur ne répond pas : cinq minutes plus tard (l’horloge est avancée), on demande au suivant ──',
  );
  const { graphUrl, adminUrl } = plateforme;
  await ajouterLivreur(kouadio, IBRAHIM, 'Cocody');
  await dire(graphUrl, { ...IBRAHIM, texte: 'dispo' });
  const oreilles = [MAMADOU, IBRAHIM].map((l) => ({
    ...l,
    ...oreille(graphUrl, l.de, l.nom.split(' ')[0] ?? ''),
  }));
  await oreilles[1]?.entendre(/./);
  for (const o of oreilles) await o.passer();
  const { id_commande, numero_commande } = await commander(kouadio.client, kouadio.id);
  console.log(`Kouadio    note une deuxième commande d’Aminata : ${numero_commande}`);
  const premier = await quiEstDemande(kouadio, id_commande, 1);
  await oreilles.find((o) => o.nom === premier)?.entendre(/Accepter/);
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    await moveClock(sql, 301);
  } finally {
    await sql.end();
  }
  console.log(`           (301 secondes plus tard, ${premier} n’a rien dit)`);
  const second = await quiEstDemande(kouadio, id_commande, 2);
  if (second === premier) throw new Error(`${premier} a été demandé deux fois.`);
  const suivant = oreilles.find((o) => o.nom === second);
  if (!suivant) throw new Error('Personne d’autre n’a été demandé.');
  await suivant.entendre(/Accepter/);
  await toucherBouton(graphUrl, suivant, 'Accepter');
  await suivant.entendre(/./);
  const [livraison] = bon(
    await kouadio.client
      .from('livraisons')
      .select('id_livraison')
      .eq('id_utilisateur', kouadio.id)
      .eq('id_commande', id_commande),
  );
  await jusqu_a(
    'la seconde assignation',
    async () => (await statutLivraison(kouadio, livraison?.id_livraison)) === 'assignee',
  );
  const propositions = bon(
    await kouadio.client
      .from('propositions_livraison')
      .select('rang, statut, livreurs(nom_complet_livreur)')
      .eq('id_utilisateur', kouadio.id)
      .eq('id_livraison', livraison?.id_livraison)
      .order('rang'),
  );
  console.table(propositions.map((p) => ({ rang: p.rang, livreur: nomDe(p.livreurs), statut: p.statut })));
}

async function quiEstDemande({ client, id }: Vendeur, id_commande: number, rang: number): Promise<string> {
  let nom = '';
  await jusqu_a(`la proposition numéro ${rang}`, async () => {
    const [p] = bon(
      await client
        .from('propositions_livraison')
        .select('livreurs(nom_complet_livreur), livraisons!inner(id_commande)')
        .eq('id_utilisateur', id)
        .eq('rang', rang)
        .eq('livraisons.id_commande', id_commande),
    );
    nom = nomDe(p?.livreurs);
    return nom !== '';
  });
  return nom;
}

function nomDe(livreur: unknown): string {
  const [un] = [livreur].flat() as ({ nom_complet_livreur?: string } | undefined)[];
  return un?.nom_complet_livreur ?? '';
}

async function statutLivraison({ client, id }: Vendeur, id_livraison: unknown): Promise<string | undefined> {
  const [l] = bon(
    await client
      .from('livraisons')
      .select('statut_livraison')
      .eq('id_utilisateur', id)
      .eq('id_livraison', id_livraison),
  );
  return l?.statut_livraison;
}

/** Hears what is written to somebody, one message after the other, and shows it. */
function oreille(graphUrl: string, numero: string, nom: string) {
  let entendus = 0;
  return {
    async entendre(voulu: RegExp): Promise<string> {
      let dit = '';
      await jusqu_a(`un message pour ${nom}`, async () => {
        for (const texte of (await messagesRecus(graphUrl, numero)).slice(entendus)) {
          entendus += 1;
          console.log(`→ ${nom.padEnd(9)}${texte.replaceAll('\n', ' ')}`);
          if (voulu.test(texte)) {
            dit = texte;
            return true;
          }
        }
        return false;
      });
      return dit;
    },
    async passer(): Promise<void> {
      entendus = (await messagesRecus(graphUrl, numero)).length;
    },
  };
}

async function toucherBouton(
  graphUrl: string,
  qui: { de: string; nom: string },
  titre: string,
): Promise<void> {
  const bouton = (await boutonsRecus(graphUrl, qui.de)).find(({ title }) => title === titre);
  if (!bouton) throw new Error(`${qui.nom} n’a pas de bouton « ${titre} ».`);
  console.log(`${(qui.nom.split(' ')[0] ?? '').padEnd(11)}[${titre}]`);
  await toucher(graphUrl, { de: qui.de, nom: qui.nom }, bouton);
}

async function direEtMontrer(
  graphUrl: string,
  qui: { de: string; nom: string },
  texte: string,
): Promise<void> {
  console.log(`${(qui.nom.split(' ')[0] ?? '').padEnd(11)}${texte}`);
  await dire(graphUrl, { ...qui, texte });
}

async function jusqu_a(quoi: string, vrai: () => Promise<boolean>): Promise<void> {
  const limite = Date.now() + ATTENTE_MS;
  while (Date.now() < limite) {
    if (await vrai()) return;
    await new Promise((suite) => setTimeout(suite, 100));
  }
  throw new Error(`En vain attendu en ${ATTENTE_MS / 1000} s : ${quoi}.`);
}
